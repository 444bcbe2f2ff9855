package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tochemey/ego/v4/egopb"
	"google.golang.org/protobuf/types/known/anypb"
)

// benchRequest asks for one run: `threads` goroutines, each making one call after the other for `millis` milliseconds.
type benchRequest struct {
	// Op is warm (connect and prepare only), write or read.
	Op      string `json:"op"`
	Threads int    `json:"threads"`
	Millis  int64  `json:"millis"`
	// Payload is the size of the value in the Any, in bytes.
	Payload int `json:"payload"`
	// IDs is how many ids there are: bench-0, bench-1 and so on.
	IDs      int    `json:"ids"`
	Keyspace string `json:"keyspace"`
	// Table defaults to states_store.
	Table string `json:"table"`
	// Layout is by-id or by-shard.
	Layout string `json:"layout"`
	// Shard is where rows are. Without it, by-shard writes go to shard 0 and reads through the index.
	Shard *uint64 `json:"shard"`
}

// benchAnswer is what a run came to. Latencies are those of calls that succeeded; the peak is the process's so far.
type benchAnswer struct {
	Operations int   `json:"operations"`
	Errors     int   `json:"errors"`
	Elapsed    int64 `json:"elapsed_us"`
	CPU        int64 `json:"cpu_us"`
	// Latencies are in no order.
	Latencies  []uint32 `json:"latencies_us"`
	Peak       int64    `json:"peak_kb"`
	FirstError string   `json:"first_error,omitempty"`
}

func bench(tables *tables, request benchRequest) any {
	table, err := tables.get(request)
	if err != nil {
		return failure{err.Error()}
	}
	answer, err := request.run(table, tables.names(request.IDs))
	if err != nil {
		return failure{err.Error()}
	}
	return answer
}

func (r benchRequest) run(table *table, ids []string) (any, error) {
	work, err := r.work(table, ids)
	if err != nil {
		return nil, err
	}
	// The first call of a session prepares its statement.
	if err := work(0, 0); err != nil {
		return nil, err
	}
	if r.Op == "warm" {
		return benchAnswer{Latencies: []uint32{}}, nil
	}
	if r.Threads < 1 || r.Millis < 1 {
		return nil, fmt.Errorf("threads and millis must be positive")
	}

	lanes := make([]lane, r.Threads)
	cpu, start := cpuTime(), time.Now()
	deadline := start.Add(time.Duration(r.Millis) * time.Millisecond)
	var group sync.WaitGroup
	for i := range lanes {
		group.Go(func() { lanes[i].run(uint64(i), r.IDs, deadline, work) })
	}
	group.Wait()
	answer := benchAnswer{Elapsed: time.Since(start).Microseconds(), CPU: (cpuTime() - cpu).Microseconds()}
	answer.sum(lanes)
	answer.Peak, err = peakMemory()
	return answer, err
}

// work is one call on the id of that number.
type work func(id int, version uint64) error

func (r benchRequest) work(table *table, ids []string) (work, error) {
	if len(ids) < 1 {
		return nil, fmt.Errorf("ids must be positive")
	}
	if r.Payload < 0 {
		return nil, fmt.Errorf("payload must not be negative")
	}
	var known *uint64
	if r.Layout == "by-shard" {
		known = r.Shard
	} else if r.Layout != "by-id" {
		return nil, fmt.Errorf("layout: %q is neither by-id nor by-shard", r.Layout)
	}
	switch r.Op {
	case "write":
		var shard uint64
		if r.Shard != nil {
			shard = *r.Shard
		}
		value := make([]byte, r.Payload)
		for i := range value {
			value[i] = byte(rand.Uint32())
		}
		return func(id int, version uint64) error {
			return table.write(&egopb.DurableState{
				PersistenceId:  ids[id],
				VersionNumber:  version,
				ResultingState: &anypb.Any{TypeUrl: "type.googleapis.com/bench.State", Value: value},
				Timestamp:      time.Now().UnixMilli(),
				Shard:          shard,
			})
		}, nil
	case "read", "warm":
		return func(id int, _ uint64) error {
			row, err := table.read(ids[id], known)
			if err != nil {
				return err
			}
			if row == nil {
				if r.Op == "warm" {
					return nil
				}
				return fmt.Errorf("%s is not there", ids[id])
			}
			state, err := row.state()
			if err == nil && state.GetPersistenceId() != ids[id] {
				err = fmt.Errorf("%s was read as %s", ids[id], state.GetPersistenceId())
			}
			return err
		}, nil
	default:
		return nil, fmt.Errorf("op: %q is neither warm, write nor read", r.Op)
	}
}

// lane is what one goroutine has done.
type lane struct {
	latencies []uint32 // in microseconds
	errors    int
	first     error
}

func (l *lane) run(seed uint64, ids int, deadline time.Time, work work) {
	random := rand.New(rand.NewPCG(seed, uint64(deadline.UnixNano())))
	for version := uint64(1); ; version++ {
		start := time.Now()
		if !start.Before(deadline) {
			return
		}
		if err := work(random.IntN(ids), version); err != nil {
			l.errors++
			if l.first == nil {
				l.first = err
			}
			continue
		}
		l.latencies = append(l.latencies, uint32(time.Since(start).Microseconds()))
	}
}

func (a *benchAnswer) sum(lanes []lane) {
	a.Latencies = []uint32{}
	for _, lane := range lanes {
		a.Latencies = append(a.Latencies, lane.latencies...)
		a.Errors += lane.errors
		if lane.first != nil && a.FirstError == "" {
			a.FirstError = lane.first.Error()
		}
	}
	a.Operations = len(a.Latencies)
}

// cpuTime is what this process has used so far, in user and in system mode.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// peakMemory is the most that this process has had in memory, in kilobytes.
func peakMemory() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, isPeak := strings.CutPrefix(line, "VmHWM:"); isPeak {
			return strconv.ParseInt(strings.Fields(value)[0], 10, 64)
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no VmHWM")
}

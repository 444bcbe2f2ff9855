package durablestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tochemey/ego/v4/egopb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"durablestore"
)

func TestAStateIsReadBackAsItWasWritten(t *testing.T) {
	store := newTable(t, durablestore.ByShard, "").connect(t)
	written := state("account-42", 1<<63+7)
	written.Shard = 1<<63 + 5
	written.Timestamp = -62135596800
	succeeds(t, store.WriteState(t.Context(), written))
	read, err := store.GetLatestState(t.Context(), "account-42")
	succeeds(t, err)
	if !proto.Equal(read, written) {
		t.Fatalf("wrote %v, read %v", written, read)
	}
	read, err = store.GetLatestStateOf(t.Context(), durablestore.InShard(written.GetShard(), "account-42"))
	succeeds(t, err)
	if !proto.Equal(read, written) {
		t.Fatalf("wrote %v, read %v", written, read)
	}
	read, err = store.GetLatestStateOf(t.Context(), durablestore.InShard(1, "account-42"))
	if read != nil || err != nil {
		t.Fatalf("in another shard: %v, %v", read, err)
	}
}

func TestAnAbsentIDHasNoStateAndNoError(t *testing.T) {
	store := newTable(t, durablestore.ByID, "").connect(t)
	read, err := store.GetLatestState(t.Context(), "nobody")
	if read != nil || err != nil {
		t.Fatalf("%v, %v", read, err)
	}
	succeeds(t, store.DeleteState(t.Context(), durablestore.ID("nobody")))
}

func TestADeletedStateIsAbsent(t *testing.T) {
	store := newTable(t, durablestore.ByShard, "").connect(t)
	succeeds(t, store.WriteState(t.Context(), state("account-42", 1)))
	succeeds(t, store.DeleteState(t.Context(), durablestore.InShard(3, "account-42")))
	if read, err := store.GetLatestState(t.Context(), "account-42"); read == nil || err != nil {
		t.Fatalf("deleted in another shard: %v, %v", read, err)
	}
	succeeds(t, store.DeleteState(t.Context(), durablestore.ID("account-42")))
	if read, err := store.GetLatestState(t.Context(), "account-42"); read != nil || err != nil {
		t.Fatalf("%v, %v", read, err)
	}
}

func TestAStoreOnAnotherTableSharesTheConnection(t *testing.T) {
	store := newTable(t, durablestore.ByID, "").connect(t)
	orders, err := store.WithTable("orders")
	succeeds(t, err)
	defer orders.Close()
	succeeds(t, orders.CreateSchema(t.Context(), durablestore.SchemaOptions{Replication: "1", Layout: durablestore.ByID}))
	succeeds(t, store.WriteState(t.Context(), state("account-42", 1)))
	succeeds(t, orders.WriteState(t.Context(), state("account-42", 5)))
	for _, one := range []struct {
		store   *durablestore.Store
		version uint64
	}{{store, 1}, {orders, 5}} {
		read, err := one.store.GetLatestState(t.Context(), "account-42")
		succeeds(t, err)
		if read.GetVersionNumber() != one.version {
			t.Fatalf("read %v, not version %d", read, one.version)
		}
	}
	missing, err := store.WithTable("missing")
	succeeds(t, err)
	defer missing.Close()
	_, err = missing.GetLatestState(t.Context(), "account-42")
	fails(t, err, durablestore.ErrSchema, "missing")
	_, err = store.WithTable("no table")
	fails(t, err, durablestore.ErrConfig, "table: ")
}

func TestBadInputGivesAnErrorOfItsKindThatNamesIt(t *testing.T) {
	_, err := durablestore.Open("cassandra://127.0.0.1/ego?call_timeot=3s")
	fails(t, err, durablestore.ErrConfig, "call_timeout")
	_, err = durablestore.Open("")
	fails(t, err, durablestore.ErrConfig, "cassandra://")
	_, err = durablestore.Open("cassandra://127.0.0.1/\xff")
	fails(t, err, durablestore.ErrInvalidState, "UTF-8")

	store := newTable(t, durablestore.ByID, "").connect(t)
	fails(t, store.WriteState(t.Context(), nil), durablestore.ErrInvalidState, "persistence_id")
	fails(t, store.WriteState(t.Context(), state("\xff", 1)), durablestore.ErrInvalidState, "UTF-8")
	large := state("account-42", 1)
	large.ResultingState = &anypb.Any{TypeUrl: "type.googleapis.com/bank.Large", Value: make([]byte, 17<<20)}
	fails(t, store.WriteState(t.Context(), large), durablestore.ErrInvalidState, "max_payload_bytes")
	_, err = store.GetLatestState(t.Context(), "")
	fails(t, err, durablestore.ErrInvalidState, "persistence_id")
	_, err = store.GetLatestState(t.Context(), "\xff")
	fails(t, err, durablestore.ErrInvalidState, "UTF-8")
	fails(t, store.DeleteState(t.Context(), durablestore.ID("")), durablestore.ErrInvalidState, "persistence_id")
	options := durablestore.SchemaOptions{Replication: "many"}
	fails(t, store.CreateSchema(t.Context(), options), durablestore.ErrConfig, "replication")
}

func TestAServerThatIsNotThereIsUnreachable(t *testing.T) {
	store, err := durablestore.Open("cassandra://127.0.0.1:1/ego")
	succeeds(t, err)
	defer store.Close()
	failure := fails(t, store.Ping(t.Context()), durablestore.ErrUnreachable, "127.0.0.1")
	if !failure.IsRetryable() || failure.IsIndeterminate() {
		t.Fatalf("%#v", failure)
	}
}

func TestATableThatIsNotThereIsASchemaError(t *testing.T) {
	store := table{fmt.Sprintf("cassandra://%s/%s?table=not_there",
		setting(t, contactPoints), setting(t, keyspace))}.open(t)
	failure := fails(t, store.Connect(t.Context()), durablestore.ErrSchema, "not_there")
	if failure.IsRetryable() {
		t.Fatalf("%#v", failure)
	}
}

func TestOnlyAConnectedStoreWorksAndPingConnects(t *testing.T) {
	store := newTable(t, durablestore.ByID, "").open(t)
	fails(t, store.WriteState(t.Context(), state("account-42", 1)), durablestore.ErrNotConnected, "")
	succeeds(t, store.Ping(t.Context()))
	succeeds(t, store.WriteState(t.Context(), state("account-42", 1)))
	succeeds(t, store.Disconnect(t.Context()))
	_, err := store.GetLatestState(t.Context(), "account-42")
	fails(t, err, durablestore.ErrNotConnected, "")
	succeeds(t, store.Connect(t.Context()))
	if read, err := store.GetLatestState(t.Context(), "account-42"); read == nil || err != nil {
		t.Fatalf("%v, %v", read, err)
	}
}

func TestACallWithACancelledContextDoesNothing(t *testing.T) {
	store := newTable(t, durablestore.ByID, "").connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.WriteState(ctx, state("account-42", 1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	if read, err := store.GetLatestState(t.Context(), "account-42"); read != nil || err != nil {
		t.Fatalf("%v, %v", read, err)
	}
}

func TestACloseDuringCallsLetsThemEndAndRefusesLaterOnes(t *testing.T) {
	store := newTable(t, durablestore.ByID, "").connect(t)
	begun := make(chan struct{}, 64)
	var goroutines sync.WaitGroup
	for number := range 64 {
		goroutines.Go(func() {
			for version := uint64(1); ; version++ {
				err := store.WriteState(t.Context(), state(fmt.Sprintf("account-%d", number), version))
				if errors.Is(err, durablestore.ErrClosed) {
					return
				}
				if err != nil {
					t.Errorf("%v", err)
					return
				}
				if version == 1 {
					begun <- struct{}{}
				}
			}
		})
	}
	for range 64 {
		<-begun
	}
	succeeds(t, store.Close())
	goroutines.Wait()

	succeeds(t, store.Close())
	_, err := store.GetLatestState(t.Context(), "account-0")
	calls := map[string]error{"GetLatestState": err, "Connect": store.Connect(t.Context()),
		"Disconnect": store.Disconnect(t.Context()), "Ping": store.Ping(t.Context())}
	_, calls["AllStates"] = store.AllStates(t.Context(), durablestore.ScanOptions{})
	_, calls["WriteStates"] = store.WriteStates(t.Context(), nil)
	for name, err := range calls {
		if !errors.Is(err, durablestore.ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
}

// sockets counts those that this process has open.
func sockets(t *testing.T) int {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	succeeds(t, err)
	count := 0
	for _, file := range files {
		// The folder's own descriptor is closed by now.
		if target, err := os.Readlink("/proc/self/fd/" + file.Name()); err == nil && strings.HasPrefix(target, "socket:") {
			count++
		}
	}
	return count
}

func TestAStoreThatIsNeverClosedIsFreedWithItsConnections(t *testing.T) {
	table := newTable(t, durablestore.ByID, "")
	before := sockets(t)
	func() {
		store, err := durablestore.Open(table.connectionString)
		succeeds(t, err)
		succeeds(t, store.Ping(t.Context()))
		if sockets(t) <= before {
			t.Fatal("a connected store has no connection")
		}
	}()
	eventually(t, "the connections are closed", func() bool {
		runtime.GC()
		return sockets(t) <= before
	})
}

func TestPingsOfManyGoroutinesShareOneSession(t *testing.T) {
	table := newTable(t, durablestore.ByID, "")
	none := sockets(t)
	succeeds(t, table.open(t).Ping(t.Context()))
	one := sockets(t)
	store := table.open(t)
	var goroutines sync.WaitGroup
	for range 50 {
		goroutines.Go(func() {
			if err := store.Ping(t.Context()); err != nil {
				t.Errorf("%v", err)
			}
		})
	}
	goroutines.Wait()
	// Of the second connection to a node each session makes it is not certain when it comes.
	if two := sockets(t); two > one+2*(one-none) {
		t.Errorf("%d sockets with no session, %d with one, %d with two", none, one, two)
	}
}

func TestWhatIsReadDoesNotPointIntoFreedMemory(t *testing.T) {
	store := newTable(t, durablestore.ByID, "").connect(t)
	succeeds(t, store.WriteState(t.Context(), state("account-42", 1)))
	first, err := store.GetLatestState(t.Context(), "account-42")
	succeeds(t, err)
	copied := proto.Clone(first).(*egopb.DurableState)
	for range 1000 {
		_, err := store.GetLatestState(t.Context(), "account-42")
		succeeds(t, err)
	}
	if !proto.Equal(first, copied) {
		t.Fatalf("%v became %v", copied, first)
	}
}

func TestTheSchemaIsShownAsCQL(t *testing.T) {
	store, err := durablestore.Open("cassandra://127.0.0.1/bank?table=accounts&write_mode=versioned")
	succeeds(t, err)
	defer store.Close()
	options := durablestore.SchemaOptions{Replication: "dc1:3", Layout: durablestore.ByID}
	cql, err := store.SchemaCQL(t.Context(), options)
	succeeds(t, err)
	for _, words := range []string{`"bank"."accounts"`, "PRIMARY KEY (persistence_id)", "'dc1'", "versioned"} {
		if !strings.Contains(cql, words) {
			t.Errorf("no %s in %s", words, cql)
		}
	}
}

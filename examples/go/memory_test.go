package durablestore_test

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/anypb"

	"durablestore"
)

// resident gives how much memory this process has, that of C too, in bytes.
func resident(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	succeeds(t, err)
	var size, pages int
	_, err = fmt.Sscan(string(text), &size, &pages)
	succeeds(t, err)
	return pages * os.Getpagesize()
}

func TestNothingThatCAllocatedIsLeftBehind(t *testing.T) {
	const large = 256 << 10
	store := newTable(t, durablestore.ByID, "").connect(t)
	written := state("account-42", 1)
	written.ResultingState = &anypb.Any{TypeUrl: "type.googleapis.com/bank.Large", Value: make([]byte, large)}
	succeeds(t, store.WriteState(t.Context(), written))
	// A second row, which a scan that is given up leaves in its page.
	written.PersistenceId = "account-43"
	succeeds(t, store.WriteState(t.Context(), written))
	id := durablestore.ID("account-42")
	refused := durablestore.SchemaOptions{Replication: strings.Repeat("x", large)}

	// One thread, since C keeps memory for each.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ways := map[string]func(){
		"a read": func() {
			_, err := store.GetLatestStateOf(t.Context(), id)
			succeeds(t, err)
		},
		"a bulk read": func() {
			results, err := store.GetLatestStates(t.Context(), []durablestore.Key{id})
			succeeds(t, err)
			succeeds(t, results[0].Err)
		},
		"a scan": func() {
			states, err := store.AllStates(t.Context(), durablestore.ScanOptions{})
			succeeds(t, err)
			read(t, states, 1, map[string]int{})
			_, err = states.ResumeToken()
			succeeds(t, err)
			succeeds(t, states.Close())
		},
		"an error": func() {
			err := store.CreateSchema(t.Context(), refused)
			if len(fails(t, err, durablestore.ErrConfig, "replication").Error()) < large {
				t.Fatalf("%v", err)
			}
		},
	}
	for name, way := range ways {
		for range 20 {
			way()
		}
		before := resident(t)
		for range 200 {
			way()
		}
		if grown := resident(t) - before; grown > 25<<20 {
			t.Errorf("200 times %s left %d MiB behind", name, grown>>20)
		}
	}
}

package durablestore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/tochemey/ego/v4/egopb"

	"durablestore"
)

// filled is a table with 90 states in three shards.
func filled(t *testing.T) table {
	t.Helper()
	table := newTable(t, durablestore.ByShard, "")
	states := make([]*egopb.DurableState, 90)
	for index := range states {
		states[index] = state(fmt.Sprintf("account-%d", index), 1)
		states[index].Shard = uint64(index % 3)
	}
	outcomes, err := table.connect(t).WriteStates(t.Context(), states)
	succeeds(t, err)
	for _, err := range outcomes {
		succeeds(t, err)
	}
	return table
}

// read takes at most some states from a scan and counts each id.
func read(t *testing.T, states *durablestore.States, atMost int, seen map[string]int) {
	t.Helper()
	count := 0
	for state, err := range states.All(t.Context()) {
		succeeds(t, err)
		seen[state.GetPersistenceId()]++
		if count++; count == atMost {
			return
		}
	}
}

func hasEachOnce(t *testing.T, seen map[string]int, count int) {
	t.Helper()
	if len(seen) != count {
		t.Errorf("%d states instead of %d", len(seen), count)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%s came %d times", id, times)
		}
	}
}

func TestAScanGivesEachStateOfAShardOnce(t *testing.T) {
	store := filled(t).connect(t)
	states, err := store.ShardStates(t.Context(), 2, durablestore.ScanOptions{PageSize: 7})
	succeeds(t, err)
	defer states.Close()
	seen := map[string]int{}
	read(t, states, 1000, seen)
	hasEachOnce(t, seen, 30)
	for index := 2; index < 90; index += 3 {
		if seen[fmt.Sprintf("account-%d", index)] != 1 {
			t.Errorf("account-%d is missing", index)
		}
	}
}

func TestAScanGoesOnAfterABreakAndInAnotherStoreFromItsToken(t *testing.T) {
	table := filled(t)
	store := table.connect(t)
	states, err := store.AllStates(t.Context(), durablestore.ScanOptions{PageSize: 7})
	succeeds(t, err)
	defer states.Close()
	seen := map[string]int{}
	read(t, states, 10, seen)
	read(t, states, 13, seen)
	hasEachOnce(t, seen, 23)
	token, err := states.ResumeToken()
	succeeds(t, err)

	later := table.connect(t)
	states, err = later.AllStates(t.Context(), durablestore.ScanOptions{ResumeToken: token})
	succeeds(t, err)
	defer states.Close()
	read(t, states, 1000, seen)
	hasEachOnce(t, seen, 90)
}

func TestAScanEndsAfterAnError(t *testing.T) {
	store := newTable(t, durablestore.ByID, "").connect(t)
	states, err := store.ShardStates(t.Context(), 0, durablestore.ScanOptions{})
	succeeds(t, err)
	defer states.Close()
	count := 0
	for state, err := range states.All(t.Context()) {
		count++
		fails(t, err, durablestore.ErrConfig, "keyed by")
		if state != nil {
			t.Errorf("%v", state)
		}
	}
	if count != 1 {
		t.Errorf("%d errors", count)
	}
}

func TestATokenThatIsNoneIsRefused(t *testing.T) {
	store := newTable(t, durablestore.ByID, "").connect(t)
	states, err := store.AllStates(t.Context(), durablestore.ScanOptions{ResumeToken: "nonsense"})
	if err == nil {
		defer states.Close()
		for _, err = range states.All(t.Context()) {
			break
		}
	}
	fails(t, err, durablestore.ErrConfig, "resume token")
}

func TestAScanStopsWhenItsContextIsCancelledAndAfterClose(t *testing.T) {
	store := filled(t).connect(t)
	states, err := store.AllStates(t.Context(), durablestore.ScanOptions{})
	succeeds(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	count := 0
	for _, last = range states.All(ctx) {
		if count++; count == 5 {
			cancel()
		}
	}
	if count != 6 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d states, then %v", count, last)
	}
	succeeds(t, states.Close())
	succeeds(t, states.Close())
	for _, last = range states.All(t.Context()) {
		if !errors.Is(last, durablestore.ErrClosed) {
			t.Errorf("%v", last)
		}
	}
	if _, err := states.ResumeToken(); !errors.Is(err, durablestore.ErrClosed) {
		t.Errorf("%v", err)
	}
}

func TestAScanOutlivesItsStore(t *testing.T) {
	store := filled(t).connect(t)
	states, err := store.AllStates(t.Context(), durablestore.ScanOptions{PageSize: 7})
	succeeds(t, err)
	defer states.Close()
	seen := map[string]int{}
	read(t, states, 10, seen)
	succeeds(t, store.Close())
	read(t, states, 1000, seen)
	hasEachOnce(t, seen, 90)
}

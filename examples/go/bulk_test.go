package durablestore_test

import (
	"fmt"
	"testing"

	"github.com/tochemey/ego/v4/egopb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"durablestore"
)

func TestABulkCallHasAnOutcomeForEachItemInOrder(t *testing.T) {
	store := newTable(t, durablestore.ByShard, "").connect(t)
	states := make([]*egopb.DurableState, 500)
	for index := range states {
		states[index] = state(fmt.Sprintf("account-%d", index), uint64(index)+1)
		states[index].Shard = uint64(index % 3)
	}
	states[7] = state("", 1)
	states[8] = state("\xff", 1)
	states[9].ResultingState = &anypb.Any{TypeUrl: "type.googleapis.com/bank.Large", Value: make([]byte, 9<<20)}
	states[499] = nil
	words := map[int]string{7: "persistence_id", 8: "UTF-8", 9: "max_payload_bytes", 499: "persistence_id"}

	outcomes, err := store.WriteStates(t.Context(), states)
	succeeds(t, err)
	if len(outcomes) != len(states) {
		t.Fatalf("%d outcomes", len(outcomes))
	}
	for index, err := range outcomes {
		if words[index] == "" {
			succeeds(t, err)
		} else {
			fails(t, err, durablestore.ErrInvalidState, words[index])
		}
	}

	keys := make([]durablestore.Key, len(states))
	for index := range keys {
		keys[index] = durablestore.ID(fmt.Sprintf("account-%d", index))
		if index%2 == 0 {
			keys[index] = durablestore.InShard(uint64(index%3), fmt.Sprintf("account-%d", index))
		}
	}
	keys[10] = durablestore.ID("")
	keys[11] = durablestore.ID("\xff")
	keys[12] = durablestore.InShard(1, "account-12")
	results, err := store.GetLatestStates(t.Context(), keys)
	succeeds(t, err)
	if len(results) != len(keys) {
		t.Fatalf("%d results", len(results))
	}
	for index, result := range results {
		switch index {
		case 7, 8, 9, 12, 499:
			if result.State != nil || result.Err != nil {
				t.Errorf("item %d: %v", index, result)
			}
		case 10:
			fails(t, result.Err, durablestore.ErrInvalidState, "persistence_id")
		case 11:
			fails(t, result.Err, durablestore.ErrInvalidState, "UTF-8")
		default:
			succeeds(t, result.Err)
			if !proto.Equal(result.State, states[index]) {
				t.Errorf("item %d: wrote %v, read %v", index, states[index], result.State)
			}
		}
	}
}

func TestOfTwoStatesOfOneEntityInABulkCallTheLaterOneStays(t *testing.T) {
	store := newTable(t, durablestore.ByID, "").connect(t)
	outcomes, err := store.WriteStates(t.Context(), []*egopb.DurableState{state("account-42", 2), state("account-42", 1)})
	succeeds(t, err)
	for _, err := range outcomes {
		succeeds(t, err)
	}
	read, err := store.GetLatestState(t.Context(), "account-42")
	succeeds(t, err)
	if read.GetVersionNumber() != 1 {
		t.Fatalf("%v", read)
	}
}

func TestABulkCallOfAVersionedTableTellsConflictsFromWrites(t *testing.T) {
	store := versioned(t)
	succeeds(t, store.WriteState(t.Context(), state("account-42", 5)))
	outcomes, err := store.WriteStates(t.Context(), []*egopb.DurableState{state("account-42", 4), state("account-43", 4)})
	succeeds(t, err)
	conflicts(t, outcomes[0], 5)
	succeeds(t, outcomes[1])
}

func TestABulkCallOfNothingGivesNothing(t *testing.T) {
	store := newTable(t, durablestore.ByID, "").connect(t)
	outcomes, err := store.WriteStates(t.Context(), nil)
	succeeds(t, err)
	results, err := store.GetLatestStates(t.Context(), nil)
	succeeds(t, err)
	if len(outcomes) != 0 || len(results) != 0 {
		t.Fatalf("%v, %v", outcomes, results)
	}
}

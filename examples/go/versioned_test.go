package durablestore_test

import (
	"errors"
	"sync"
	"testing"

	"durablestore"
)

func versioned(t *testing.T) *durablestore.Store {
	t.Helper()
	return newTable(t, durablestore.ByID, "&write_mode=versioned").connect(t)
}

func conflicts(t *testing.T, err error, stored uint64) {
	t.Helper()
	failure := fails(t, err, durablestore.ErrConflict, "account-42")
	version, known := failure.StoredVersion()
	if version != stored || known != (stored != 0) || failure.IsRetryable() || failure.IsIndeterminate() {
		t.Fatalf("%#v", failure)
	}
}

func TestAnOlderVersionIsRefusedWithWhatIsStored(t *testing.T) {
	store := versioned(t)
	succeeds(t, store.WriteState(t.Context(), state("account-42", 5)))
	succeeds(t, store.WriteState(t.Context(), state("account-42", 5)))
	conflicts(t, store.WriteState(t.Context(), state("account-42", 4)), 5)
}

func TestAConditionIsKept(t *testing.T) {
	store := versioned(t)
	conflicts(t, store.WriteStateIfVersion(t.Context(), state("account-42", 2), 1), 0)
	succeeds(t, store.WriteStateIfAbsent(t.Context(), state("account-42", 1)))
	conflicts(t, store.WriteStateIfAbsent(t.Context(), state("account-42", 1)), 1)
	succeeds(t, store.WriteStateIfVersion(t.Context(), state("account-42", 2), 1))
	conflicts(t, store.WriteStateIfVersion(t.Context(), state("account-42", 3), 1), 2)

	key := durablestore.ID("account-42")
	conflicts(t, store.DeleteStateIfVersion(t.Context(), key, 1), 2)
	succeeds(t, store.DeleteStateIfVersion(t.Context(), key, 2))
	conflicts(t, store.DeleteStateIfVersion(t.Context(), key, 2), 2)
}

func TestOfWritersThatRaceOneWins(t *testing.T) {
	store := versioned(t)
	outcomes := make([]error, 16)
	var goroutines sync.WaitGroup
	for number := range outcomes {
		goroutines.Go(func() {
			written := state("account-42", 1)
			written.Timestamp = int64(number)
			outcomes[number] = store.WriteStateIfAbsent(t.Context(), written)
		})
	}
	goroutines.Wait()

	stored, err := store.GetLatestState(t.Context(), "account-42")
	succeeds(t, err)
	winner := stored.GetTimestamp()
	for number, err := range outcomes {
		// Transactions that race may hold each other up until the time is over, that of the winner too.
		if errors.Is(err, durablestore.ErrTimeout) {
			continue
		}
		if int64(number) == winner {
			succeeds(t, err)
		} else {
			conflicts(t, err, 1)
		}
	}
}

func TestWithoutVersionsThereAreNoConditions(t *testing.T) {
	store := newTable(t, durablestore.ByID, "").connect(t)
	err := store.WriteStateIfAbsent(t.Context(), state("account-42", 1))
	fails(t, err, durablestore.ErrConfig, "write_mode")
	err = store.DeleteStateIfVersion(t.Context(), durablestore.ID("account-42"), 1)
	fails(t, err, durablestore.ErrConfig, "write_mode")
}

package durablestore_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/tochemey/ego/v4/egopb"

	"durablestore"
)

// next is the state that follows.
func next(current *egopb.DurableState) *egopb.DurableState {
	return state("account-42", current.GetVersionNumber()+1)
}

func TestALaterClaimFencesTheEarlierOwner(t *testing.T) {
	table := newTable(t, durablestore.ByID, "&write_mode=owned")
	first, second := table.connect(t), table.connect(t)
	key := durablestore.ID("account-42")
	fails(t, first.WriteState(t.Context(), state("account-42", 1)), durablestore.ErrInvalidState, "has not claimed")
	for _, store := range []*durablestore.Store{first, second} {
		_, err := store.GetLatestState(t.Context(), "account-42")
		succeeds(t, err)
	}
	for _, err := range []error{
		first.WriteState(t.Context(), state("account-42", 1)),
		first.WriteStateIfAbsent(t.Context(), state("account-42", 1)),
		first.DeleteState(t.Context(), key),
		first.ForgetState(t.Context(), key),
	} {
		failure := fails(t, err, durablestore.ErrFenced, "another store has claimed")
		if failure.IsRetryable() || failure.IsIndeterminate() {
			t.Errorf("%#v", failure)
		}
	}
	succeeds(t, second.WriteState(t.Context(), state("account-42", 1)))
	succeeds(t, second.Release("account-42"))
	fails(t, second.WriteState(t.Context(), state("account-42", 2)), durablestore.ErrInvalidState, "has not claimed")
}

func TestADeletedVersionStaysUntilItIsForgotten(t *testing.T) {
	store := versioned(t)
	succeeds(t, store.WriteState(t.Context(), state("account-42", 7)))
	succeeds(t, store.DeleteState(t.Context(), durablestore.ID("account-42")))
	conflicts(t, store.WriteState(t.Context(), state("account-42", 7)), 7)
	conflicts(t, store.WriteStateIfAbsent(t.Context(), state("account-42", 7)), 7)
	succeeds(t, store.ForgetState(t.Context(), durablestore.ID("account-42")))
	succeeds(t, store.WriteStateIfAbsent(t.Context(), state("account-42", 1)))
}

func TestAnUpdateCreatesChangesOrLeavesAState(t *testing.T) {
	store := versioned(t)
	leave := func(*egopb.DurableState) (*egopb.DurableState, error) { return nil, nil }
	left, err := store.Update(t.Context(), "account-42", leave)
	if left != nil || err != nil {
		t.Fatalf("%v, %v", left, err)
	}
	change := func(current *egopb.DurableState) (*egopb.DurableState, error) { return next(current), nil }
	for version := range uint64(3) {
		updated, err := store.Update(t.Context(), "account-42", change)
		if err != nil || updated.GetVersionNumber() != version+1 {
			t.Fatalf("%v, %v", updated, err)
		}
	}
	left, err = store.Update(t.Context(), "account-42", leave)
	if err != nil || left.GetVersionNumber() != 3 {
		t.Fatalf("%v, %v", left, err)
	}
}

func TestTheErrorAndThePanicOfAChangeAreThoseOfTheUpdate(t *testing.T) {
	store := versioned(t)
	closed := errors.New("the account is closed")
	_, err := store.Update(t.Context(), "account-42", func(*egopb.DurableState) (*egopb.DurableState, error) {
		return nil, closed
	})
	if err != closed {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if recovered := recover(); recovered != "a bug" {
				t.Errorf("recovered %v", recovered)
			}
		}()
		_, _ = store.Update(t.Context(), "account-42", func(*egopb.DurableState) (*egopb.DurableState, error) {
			panic("a bug")
		})
	}()
	_, err = store.Update(t.Context(), "account-42", func(*egopb.DurableState) (*egopb.DurableState, error) {
		return state("account-43", 1), nil
	})
	fails(t, err, durablestore.ErrInvalidState, "persistence_id")
}

func TestAChangeMayCloseTheStore(t *testing.T) {
	store := versioned(t)
	updated, err := store.Update(t.Context(), "account-42", func(current *egopb.DurableState) (*egopb.DurableState, error) {
		return next(current), store.Close()
	})
	if err != nil || updated.GetVersionNumber() != 1 {
		t.Fatalf("%v, %v", updated, err)
	}
	if _, err := store.GetLatestState(t.Context(), "account-42"); !errors.Is(err, durablestore.ErrClosed) {
		t.Fatal(err)
	}
}

func TestUpdatesOfManyGoroutinesAreAllApplied(t *testing.T) {
	const goroutines, updates = 8, 5
	store := versioned(t)
	var running sync.WaitGroup
	for range goroutines {
		running.Go(func() {
			for range updates {
				_, err := store.Update(t.Context(), "account-42", func(current *egopb.DurableState) (*egopb.DurableState, error) {
					return next(current), nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	stored, err := store.GetLatestState(t.Context(), "account-42")
	if err != nil || stored.GetVersionNumber() != goroutines*updates {
		t.Fatalf("%v, %v", stored, err)
	}
}

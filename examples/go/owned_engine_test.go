package durablestore_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/tochemey/ego/v4"
	"github.com/tochemey/ego/v4/egopb"

	"durablestore"
	"durablestore/bank"
)

// outcomes are what became of the commands sent to one engine, one after the other.
type outcomes struct {
	acknowledged, refused int
	// The versions of the first and the last command that was acknowledged.
	first, last uint64
	// The first command that was refused, counted from 1, and whether a later one was acknowledged.
	refusedAt       int
	resumed         bool
	unexpectedError error
}

// sendDeposits sends deposits of one cent, and calls after when each has an outcome.
func sendDeposits(t *testing.T, engine *ego.Engine, id string, count int, after func(number int)) outcomes {
	var seen outcomes
	for number := 1; number <= count; number++ {
		version, _, err := send(t, engine, id, &bank.Deposit{Cents: 1})
		switch {
		case err == nil:
			seen.resumed = seen.refusedAt != 0
			seen.acknowledged++
			seen.last = version
			if seen.first == 0 {
				seen.first = version
			}
		case strings.Contains(err.Error(), "another store has claimed the entity"):
			seen.refused++
			if seen.refusedAt == 0 {
				seen.refusedAt = number
			}
		default:
			seen.unexpectedError = err
		}
		after(number)
	}
	return seen
}

func TestOfTwoEnginesWithOneEntityTheLaterGoesOn(t *testing.T) {
	const id, commands = "account-42", 1_000
	table := newTable(t, durablestore.ByID, "&write_mode=owned")
	first, second := start(t, &recorder{StateStore: table.open(t)}), start(t, &recorder{StateStore: table.open(t)})
	spawn(t, first, id)

	// The second engine begins the entity while the first is in the middle of its commands.
	var spawned sync.WaitGroup
	var ofSecond outcomes
	var begun error
	ofFirst := sendDeposits(t, first, id, commands, func(number int) {
		if number == commands/4 {
			spawned.Go(func() {
				if begun = second.DurableStateEntity(t.Context(), &account{id}); begun == nil {
					ofSecond = sendDeposits(t, second, id, commands, func(int) {})
				}
			})
		}
	})
	spawned.Wait()
	succeeds(t, begun)
	t.Logf("first: %+v", ofFirst)
	t.Logf("second: %+v", ofSecond)

	if ofFirst.unexpectedError != nil || ofSecond.unexpectedError != nil {
		t.Fatal(ofFirst.unexpectedError, ofSecond.unexpectedError)
	}
	if ofFirst.acknowledged < commands/4 || ofFirst.refused == 0 || ofFirst.resumed {
		t.Errorf("the first engine has to go on until the entity is claimed, and no further: %+v", ofFirst)
	}
	if ofSecond.acknowledged != commands || ofSecond.refused != 0 {
		t.Errorf("the second engine has to go on: %+v", ofSecond)
	}
	// Each acknowledged deposit is one version and one cent, and all of them are there.
	if total := ofFirst.acknowledged + ofSecond.acknowledged; ofSecond.first != ofFirst.last+1 || ofSecond.last != uint64(total) {
		t.Errorf("%d deposits were acknowledged: %+v, %+v", total, ofFirst, ofSecond)
	}
	stored(t, newReader(t, table), id, ofSecond.last)

	// What the entity of the first engine writes when it stops is refused too.
	_ = first.Stop(t.Context())
	stored(t, newReader(t, table), id, ofSecond.last)

	// Begun again elsewhere, it goes on, and the second engine does not any more.
	third := start(t, &recorder{StateStore: table.open(t)})
	spawn(t, third, id)
	version, balance, err := send(t, third, id, &egopb.GetStateCommand{})
	if err != nil || version != ofSecond.last || uint64(balance) != version {
		t.Errorf("version %d and balance %d after version %d: %v", version, balance, ofSecond.last, err)
	}
	deposits(t, third, id, version, 10)
	if _, _, err := send(t, second, id, &bank.Deposit{Cents: 1}); err == nil || !strings.Contains(err.Error(), "claimed") {
		t.Errorf("the second engine has to be refused within one command: %v", err)
	}
	_ = second.Stop(t.Context())
	succeeds(t, third.Stop(t.Context()))
	stored(t, newReader(t, table), id, version+10)
}

// newReader returns a store that reads without claiming.
func newReader(t *testing.T, of table) *durablestore.Store {
	t.Helper()
	return table{strings.Replace(of.connectionString, "write_mode=owned", "write_mode=versioned", 1)}.connect(t)
}

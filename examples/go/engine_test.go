package durablestore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tochemey/ego/v4"
	"github.com/tochemey/ego/v4/egopb"
	goakt "github.com/tochemey/goakt/v4/errors"

	"durablestore"
	"durablestore/bank"
)

// patience is how long an answer is waited for.
const patience = 5 * time.Second

// account is a durable-state entity. Each of its versions is one deposit.
type account struct {
	id string
}

func (a *account) ID() string { return a.id }

func (a *account) InitialState() ego.State { return &bank.AccountState{AccountId: a.id} }

func (a *account) HandleCommand(
	_ context.Context, command ego.Command, version uint64, prior ego.State,
) (ego.State, uint64, error) {
	deposit, isDeposit := command.(*bank.Deposit)
	state, isAccount := prior.(*bank.AccountState)
	if !isDeposit || !isAccount || deposit.GetCents() <= 0 {
		return nil, 0, errors.New("an account only takes deposits")
	}
	balance := state.GetBalanceCents() + deposit.GetCents()
	return &bank.AccountState{AccountId: a.id, BalanceCents: balance}, version + 1, nil
}

func (a *account) MarshalBinary() ([]byte, error) { return []byte(a.id), nil }

func (a *account) UnmarshalBinary(bytes []byte) error {
	a.id = string(bytes)
	return nil
}

// start starts an engine over a store.
func start(t *testing.T, recorder *recorder) *ego.Engine {
	t.Helper()
	engine := ego.NewEngine("bank", nil, ego.WithStateStore(recorder), ego.WithLogger(ego.DiscardLogger))
	succeeds(t, engine.Start(t.Context()))
	return engine
}

// spawn starts an account. Not many at once: what begins an entity asks it whether it is ready, see deposits.
func spawn(t *testing.T, engine *ego.Engine, id string) {
	t.Helper()
	succeeds(t, engine.DurableStateEntity(t.Context(), &account{id}))
}

// send sends a command to an account and gives the version and balance that it answers with.
func send(t *testing.T, engine *ego.Engine, id string, command ego.Command) (uint64, int64, error) {
	t.Helper()
	state, version, err := engine.SendCommand(t.Context(), id, command, patience)
	if err != nil {
		return 0, 0, err
	}
	return version, state.(*bank.AccountState).GetBalanceCents(), nil
}

// deposits sends some deposits of one cent to an account that has a version, and demands the versions that follow.
//
// Of many commands at once goakt 4.2.0 loses an answer now and then: an Ask that has its answer closes its context, which
// another Ask may have been given meanwhile. The command was obeyed all the same, so the account is asked what it has.
func deposits(t *testing.T, engine *ego.Engine, id string, version uint64, count int) {
	t.Helper()
	for range count {
		version++
		found, balance, err := send(t, engine, id, &bank.Deposit{Cents: 1})
		for errors.Is(err, goakt.ErrRequestTimeout) {
			found, balance, err = send(t, engine, id, &egopb.GetStateCommand{})
		}
		if err != nil || found != version || uint64(balance) != version {
			t.Errorf("%s: version %d and balance %d after version %d: %v", id, found, balance, version-1, err)
			return
		}
	}
}

func TestAnEntitySurvivesItsEngineAndTheCallsAreThoseOfEGo(t *testing.T) {
	table := newTable(t, durablestore.ByID, "")
	// Not connected: an engine's first call is a ping.
	first := &recorder{StateStore: table.open(t)}
	engine := start(t, first)
	spawn(t, engine, "account-42")
	deposits(t, engine, "account-42", 0, 3)
	succeeds(t, engine.Stop(t.Context()))
	first.expect(t, "Ping", "GetLatestState account-42", "WriteState account-42 1", "WriteState account-42 2",
		"WriteState account-42 3", "Ping", "WriteState account-42 3")

	second := &recorder{StateStore: table.open(t)}
	engine = start(t, second)
	spawn(t, engine, "account-42")
	deposits(t, engine, "account-42", 3, 1)
	succeeds(t, engine.Stop(t.Context()))
	second.expect(t, "Ping", "GetLatestState account-42", "WriteState account-42 4", "Ping", "WriteState account-42 4")

	third := &recorder{StateStore: table.open(t)}
	engine = start(t, third)
	spawn(t, engine, "account-43")
	// An eGo entity that is stopped before it could look at a first message races with itself.
	version, balance, err := send(t, engine, "account-43", &egopb.GetStateCommand{})
	if version != 0 || balance != 0 || err != nil {
		t.Errorf("version %d, balance %d: %v", version, balance, err)
	}
	succeeds(t, engine.Stop(t.Context()))
	third.expect(t, "Ping", "GetLatestState account-43", "Ping", "WriteState account-43 0")
}

func TestAHundredEntitiesWorkAtOnce(t *testing.T) {
	const entities, commands = 100, 10
	store := newTable(t, durablestore.ByID, "").open(t)
	recorder := &recorder{StateStore: store}
	engine := start(t, recorder)
	for number := range entities {
		spawn(t, engine, fmt.Sprintf("account-%d", number))
	}
	var goroutines sync.WaitGroup
	for number := range entities {
		goroutines.Go(func() { deposits(t, engine, fmt.Sprintf("account-%d", number), 0, commands) })
	}
	goroutines.Wait()
	succeeds(t, engine.Stop(t.Context()))

	for number := range entities {
		id := fmt.Sprintf("account-%d", number)
		expected := []string{"GetLatestState " + id}
		for version := range commands {
			expected = append(expected, fmt.Sprintf("WriteState %s %d", id, version+1))
		}
		expected = append(expected, fmt.Sprintf("WriteState %s %d", id, commands))
		if calls := recorder.callsOf(id); !slices.Equal(calls, expected) {
			t.Errorf("expected %v, got %v", expected, calls)
		}
		stored(t, store, id, commands)
	}
	if pings := len(recorder.callsOf("")); pings != 2*entities {
		t.Errorf("%d pings", pings)
	}
}

// stored demands what the table has of an account.
func stored(t *testing.T, store *durablestore.Store, id string, version uint64) {
	t.Helper()
	state, err := store.GetLatestState(t.Context(), id)
	succeeds(t, err)
	var account bank.AccountState
	succeeds(t, state.GetResultingState().UnmarshalTo(&account))
	if state.GetVersionNumber() != version || uint64(account.GetBalanceCents()) != version {
		t.Errorf("%s: stored is version %d and balance %d instead of %d",
			id, state.GetVersionNumber(), account.GetBalanceCents(), version)
	}
}

func TestEntitiesHealAfterARestartOfTheServer(t *testing.T) {
	const entities = 20
	store := newTable(t, durablestore.ByID, "").open(t)
	engine := start(t, &recorder{StateStore: store})
	for number := range entities {
		spawn(t, engine, fmt.Sprintf("account-%d", number))
	}

	// Each entity gets one deposit after the other, until one begun after the restart was acknowledged.
	var acknowledged, refused atomic.Int32
	var restarted atomic.Bool
	versions := make([]uint64, entities)
	var goroutines sync.WaitGroup
	for number := range entities {
		goroutines.Go(func() {
			id := fmt.Sprintf("account-%d", number)
			for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); {
				isLast := restarted.Load()
				version, balance, err := send(t, engine, id, &bank.Deposit{Cents: 1})
				if err != nil {
					refused.Add(1)
					time.Sleep(100 * time.Millisecond)
					continue
				}
				acknowledged.Add(1)
				// A write that failed is not rolled back by eGo, so versions may be left out, but never deposits.
				if version <= versions[number] || uint64(balance) != version {
					t.Errorf("%s: version %d and balance %d after version %d", id, version, balance, versions[number])
					return
				}
				versions[number] = version
				if isLast {
					return
				}
			}
			t.Errorf("%s has not healed", id)
		})
	}
	eventually(t, "deposits are acknowledged", func() bool { return acknowledged.Load() >= 10*entities })
	restartServer(t)
	restarted.Store(true)
	goroutines.Wait()
	t.Logf("%d deposits acknowledged, %d refused", acknowledged.Load(), refused.Load())
	if refused.Load() == 0 {
		t.Error("no deposit has seen that the server was away")
	}
	succeeds(t, engine.Stop(t.Context()))

	for number := range entities {
		stored(t, store, fmt.Sprintf("account-%d", number), versions[number])
	}
}

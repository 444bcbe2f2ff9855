package durablestore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tochemey/ego/v4/egopb"
	"github.com/tochemey/ego/v4/persistence"
)

// recorder passes calls on to a store and keeps a line of each, in the order in which they began.
type recorder struct {
	persistence.StateStore
	mutex sync.Mutex
	lines []string
}

func (r *recorder) record(line string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.lines = append(r.lines, line)
}

func (r *recorder) Connect(ctx context.Context) error {
	r.record("Connect")
	return r.StateStore.Connect(ctx)
}

func (r *recorder) Disconnect(ctx context.Context) error {
	r.record("Disconnect")
	return r.StateStore.Disconnect(ctx)
}

func (r *recorder) Ping(ctx context.Context) error {
	r.record("Ping")
	return r.StateStore.Ping(ctx)
}

func (r *recorder) WriteState(ctx context.Context, state *egopb.DurableState) error {
	r.record(fmt.Sprintf("WriteState %s %d", state.GetPersistenceId(), state.GetVersionNumber()))
	return r.StateStore.WriteState(ctx, state)
}

func (r *recorder) GetLatestState(ctx context.Context, persistenceID string) (*egopb.DurableState, error) {
	r.record("GetLatestState " + persistenceID)
	return r.StateStore.GetLatestState(ctx, persistenceID)
}

// callsOf gives the calls for an entity; for the empty id those for none, which are pings.
func (r *recorder) callsOf(persistenceID string) []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var found []string
	for _, line := range r.lines {
		words := strings.Fields(line)
		if persistenceID == "" && len(words) == 1 || len(words) > 1 && words[1] == persistenceID {
			found = append(found, line)
		}
	}
	return found
}

func (r *recorder) expect(t *testing.T, lines ...string) {
	t.Helper()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if !slices.Equal(r.lines, lines) {
		t.Errorf("expected %q, got %q", lines, r.lines)
	}
}

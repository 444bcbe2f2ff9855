// Package durablestore keeps the latest state of each entity in Apache Cassandra, through the library durable_store.
//
// A [Store] is the state store of an eGo engine:
//
//	store, err := durablestore.Open("cassandra://10.0.0.1,10.0.0.2/ego?local_datacenter=dc1")
//	engine := ego.NewEngine("bank", nil, ego.WithStateStore(store))
//
// Calls take a context, which is checked before the call. A call that has begun cannot be interrupted, since its outcome
// would be unknown. It ends by the setting call_timeout, 10 s by default. A call in progress occupies an operating system
// thread; the setting pool_size, 64 by default, limits how many calls are with the server at once.
package durablestore

/*
#cgo pkg-config: durable_store
#include <durable_store.h>
*/
import "C"

import (
	"context"
	"runtime"
	"sync"

	"github.com/tochemey/ego/v4/egopb"
	"github.com/tochemey/ego/v4/persistence"
)

var _ persistence.StateStore = (*Store)(nil)

// Store is an open store. Any number of goroutines may use it at once.
type Store struct {
	// Held for reading by each call, so that Close frees no handle that is in use.
	mutex   sync.RWMutex
	handle  *C.durable_store
	cleanup runtime.Cleanup
}

// Open makes a store from a connection string, with the settings in it. It does not connect.
func Open(connectionString string) (*Store, error) {
	var handle *C.durable_store
	var failure *C.durable_store_error
	text, length := textPointer(connectionString)
	if kind := C.durable_store_open(text, length, &handle, &failure); kind != 0 {
		return nil, takeError(kind, failure)
	}
	return owned(handle), nil
}

// WithTable returns a store on another table of the same keyspace. Both share one connection; each is closed separately.
//
// The table is looked at when the store is first used: one that is missing, or was dropped, fails the calls of its own
// stores only.
func (s *Store) WithTable(table string) (*Store, error) {
	var handle *C.durable_store
	err := s.call(context.Background(), func(own *C.durable_store, failure **C.durable_store_error) C.int32_t {
		name, length := textPointer(table)
		return C.durable_store_with_table(own, name, length, &handle, failure)
	})
	if err != nil {
		return nil, err
	}
	return owned(handle), nil
}

// owned returns the store of a handle, which is freed when the store is closed or garbage.
func owned(handle *C.durable_store) *Store {
	store := &Store{handle: handle}
	store.cleanup = runtime.AddCleanup(store, func(handle *C.durable_store) { C.durable_store_free(handle) }, handle)
	return store
}

// Close waits for calls in progress and frees the store, which closes its connections. Later calls return [ErrClosed].
// A store that is never closed is freed when it is garbage. It always returns nil, and may be called again.
func (s *Store) Close() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.cleanup.Stop()
	C.durable_store_free(s.handle)
	s.handle = nil
	return nil
}

// clone returns another handle of the same session.
func (s *Store) clone(ctx context.Context) (*Store, error) {
	var handle *C.durable_store
	err := s.call(ctx, func(from *C.durable_store, failure **C.durable_store_error) C.int32_t {
		return C.durable_store_clone(from, &handle, failure)
	})
	if err != nil {
		return nil, err
	}
	return owned(handle), nil
}

// Connect connects to the cluster, unless connected. eGo calls Ping instead, which connects as well.
func (s *Store) Connect(ctx context.Context) error {
	return s.call(ctx, func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		return C.durable_store_connect(handle, failure)
	})
}

// Disconnect waits for calls in progress, at most for call_timeout, and closes all connections. Connect and Ping
// open them again.
func (s *Store) Disconnect(ctx context.Context) error {
	return s.call(ctx, func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		return C.durable_store_disconnect(handle, failure)
	})
}

// Ping connects if needed, and makes a round trip to the server.
func (s *Store) Ping(ctx context.Context) error {
	return s.call(ctx, func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		return C.durable_store_ping(handle, failure)
	})
}

// WriteState stores a state as the latest state of its entity.
//
// In mode versioned or owned, a state whose version is below the stored one is refused: [ErrConflict]. In mode owned, so is
// a state of an entity that this store has not claimed ([ErrInvalidState]), or that another store has claimed since
// ([ErrFenced]).
func (s *Store) WriteState(ctx context.Context, state *egopb.DurableState) error {
	encoded, err := encode(nil, state)
	if err != nil {
		return err
	}
	return s.call(ctx, func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		bytes, length := bytesPointer(encoded)
		return C.durable_store_write_state(handle, bytes, length, failure)
	})
}

// GetLatestState reads the state of an entity. It is nil when there is none. In mode owned it claims the entity for this
// store: later writes of the store that had claimed it before fail with [ErrFenced].
func (s *Store) GetLatestState(ctx context.Context, persistenceID string) (*egopb.DurableState, error) {
	return s.GetLatestStateOf(ctx, ID(persistenceID))
}

// GetLatestStateOf reads the state that a key names. It is nil when there is none.
func (s *Store) GetLatestStateOf(ctx context.Context, key Key) (*egopb.DurableState, error) {
	var found C.bool
	var bytes buffer
	err := s.call(ctx, func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		id, length := textPointer(key.persistenceID)
		return C.durable_store_get_latest_state(
			handle, id, length, key.shard, &found, &bytes.start, &bytes.length, failure)
	})
	if err != nil {
		return nil, err
	}
	return bytes.takeState(bool(found))
}

// call makes one call with the handle, which stays alive until it returns.
func (s *Store) call(
	ctx context.Context, run func(*C.durable_store, **C.durable_store_error) C.int32_t,
) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mutex.RLock()
	defer s.mutex.RUnlock()
	if s.handle == nil {
		return ErrClosed
	}
	var failure *C.durable_store_error
	if kind := run(s.handle, &failure); kind != 0 {
		return takeError(kind, failure)
	}
	return nil
}

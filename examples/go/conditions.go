package durablestore

/*
#include <durable_store.h>
*/
import "C"

import (
	"context"

	"github.com/tochemey/ego/v4/egopb"
)

// WriteStateIfAbsent stores a state if its entity has none, and fails with [ErrConflict] otherwise.
// Not available in mode last_write_wins.
func (s *Store) WriteStateIfAbsent(ctx context.Context, state *egopb.DurableState) error {
	return s.writeStateIf(ctx, state, C.DURABLE_STORE_IF_ABSENT, 0)
}

// WriteStateIfVersion stores a state if the stored one has this version, and fails with [ErrConflict]
// otherwise. Not available in mode last_write_wins.
func (s *Store) WriteStateIfVersion(ctx context.Context, state *egopb.DurableState, versionNumber uint64) error {
	return s.writeStateIf(ctx, state, C.DURABLE_STORE_IF_VERSION, versionNumber)
}

func (s *Store) writeStateIf(
	ctx context.Context, state *egopb.DurableState, condition C.int32_t, versionNumber uint64,
) error {
	encoded, err := encode(nil, state)
	if err != nil {
		return err
	}
	return s.call(ctx, func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		bytes, length := bytesPointer(encoded)
		return C.durable_store_write_state_if(
			handle, bytes, length, condition, C.uint64_t(versionNumber), failure)
	})
}

// DeleteState deletes the state that a key names. It succeeds if there is none. In mode versioned or owned the version
// number stays: a new state needs a higher one.
func (s *Store) DeleteState(ctx context.Context, key Key) error {
	return s.call(ctx, func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		id, length := textPointer(key.persistenceID)
		return C.durable_store_delete_state(handle, id, length, key.shard, failure)
	})
}

// DeleteStateIfVersion deletes the state that a key names if it has this version, and fails with [ErrConflict]
// otherwise. Not available in mode last_write_wins.
func (s *Store) DeleteStateIfVersion(ctx context.Context, key Key, versionNumber uint64) error {
	return s.call(ctx, func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		id, length := textPointer(key.persistenceID)
		return C.durable_store_delete_state_if_version(
			handle, id, length, key.shard, C.uint64_t(versionNumber), failure)
	})
}

// ForgetState removes the row that a key names, and all memory of its version number. Not available in mode last_write_wins.
func (s *Store) ForgetState(ctx context.Context, key Key) error {
	return s.call(ctx, func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		id, length := textPointer(key.persistenceID)
		return C.durable_store_forget_state(handle, id, length, key.shard, failure)
	})
}

// Release forgets that this store has claimed an entity, in mode owned. It sends nothing.
func (s *Store) Release(persistenceID string) error {
	return s.call(context.Background(), func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		id, length := textPointer(persistenceID)
		return C.durable_store_release(handle, id, length, failure)
	})
}

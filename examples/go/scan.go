package durablestore

/*
#include <durable_store.h>
*/
import "C"

import (
	"context"
	"iter"
	"runtime"
	"sync"

	"github.com/tochemey/ego/v4/egopb"
)

// ScanOptions says where a scan begins and how it reads.
type ScanOptions struct {
	// PageSize is the number of rows asked for at once; 0 is the setting page_size.
	PageSize uint32
	// ResumeToken continues where another scan had come to: its [States.ResumeToken]. Empty for the beginning.
	ResumeToken string
}

// States is a scan. It reads pages as they are needed; one goroutine uses it at a time.
type States struct {
	mutex   sync.Mutex
	handle  *C.durable_store_states
	cleanup runtime.Cleanup
}

// ShardStates reads the states of one shard. Only in a table keyed by shard.
func (s *Store) ShardStates(ctx context.Context, shard uint64, options ScanOptions) (*States, error) {
	return s.scan(ctx, func(
		store *C.durable_store, states **C.durable_store_states, failure **C.durable_store_error,
	) C.int32_t {
		token, length := textPointer(options.ResumeToken)
		return C.durable_store_shard_states(
			store, C.uint64_t(shard), C.uint32_t(options.PageSize), token, length, states, failure)
	})
}

// AllStates reads the whole table.
func (s *Store) AllStates(ctx context.Context, options ScanOptions) (*States, error) {
	return s.scan(ctx, func(
		store *C.durable_store, states **C.durable_store_states, failure **C.durable_store_error,
	) C.int32_t {
		token, length := textPointer(options.ResumeToken)
		return C.durable_store_all_states(store, C.uint32_t(options.PageSize), token, length, states, failure)
	})
}

func (s *Store) scan(
	ctx context.Context,
	open func(*C.durable_store, **C.durable_store_states, **C.durable_store_error) C.int32_t,
) (*States, error) {
	var handle *C.durable_store_states
	err := s.call(ctx, func(store *C.durable_store, failure **C.durable_store_error) C.int32_t {
		return open(store, &handle, failure)
	})
	if err != nil {
		return nil, err
	}
	states := &States{handle: handle}
	states.cleanup = runtime.AddCleanup(
		states, func(handle *C.durable_store_states) { C.durable_store_states_free(handle) }, handle)
	return states, nil
}

// All ranges over the states that are still to come, and ends after the first error. After a break, a later range continues.
func (s *States) All(ctx context.Context) iter.Seq2[*egopb.DurableState, error] {
	return func(yield func(*egopb.DurableState, error) bool) {
		for {
			state, err := s.next(ctx)
			if state == nil && err == nil {
				return
			}
			if !yield(state, err) || err != nil {
				return
			}
		}
	}
}

// next reads the next state. Both values are nil at the end.
func (s *States) next(ctx context.Context) (*egopb.DurableState, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.handle == nil {
		return nil, ErrClosed
	}
	var found C.bool
	var bytes buffer
	var failure *C.durable_store_error
	kind := C.durable_store_states_next(s.handle, &found, &bytes.start, &bytes.length, &failure)
	if kind != 0 {
		return nil, takeError(kind, failure)
	}
	return bytes.takeState(bool(found))
}

// ResumeToken returns how far the scan has come, for [ScanOptions] of a later one, in another process too.
func (s *States) ResumeToken() (string, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.handle == nil {
		return "", ErrClosed
	}
	var token buffer
	var failure *C.durable_store_error
	kind := C.durable_store_states_resume_token(s.handle, &token.start, &token.length, &failure)
	if kind != 0 {
		return "", takeError(kind, failure)
	}
	return token.takeText(), nil
}

// Close frees the scan. It always returns nil, and may be called again.
func (s *States) Close() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.cleanup.Stop()
	C.durable_store_states_free(s.handle)
	s.handle = nil
	return nil
}

package durablestore

/*
#include <durable_store.h>
*/
import "C"

import (
	"context"
	"runtime"
	"unsafe"

	"github.com/tochemey/ego/v4/egopb"
)

// Result is the outcome of one read of a bulk call. State is nil when there is none, or when Err is not nil.
type Result struct {
	State *egopb.DurableState
	Err   error
}

// WriteStates stores many states, with many requests in flight at once. The outcomes, nil if a state is stored, are in
// the order of the states; of two of one entity the later one stays. The second value is an error of the call as a whole,
// before anything was written.
func (s *Store) WriteStates(ctx context.Context, states []*egopb.DurableState) ([]error, error) {
	outcomes := make([]error, len(states))
	var items sequence
	var sent []int
	for index, state := range states {
		encoded, err := encode(items.bytes, state)
		if err != nil {
			outcomes[index] = err
			continue
		}
		items.bytes = encoded
		items.end()
		sent = append(sent, index)
	}

	var pinner runtime.Pinner
	defer pinner.Unpin()
	items.pin(&pinner)
	results, err := s.bulk(ctx, func(
		handle *C.durable_store, results **C.durable_store_results, failure **C.durable_store_error,
	) C.int32_t {
		starts := (**C.uint8_t)(unsafe.Pointer(unsafe.SliceData(items.starts)))
		lengths := unsafe.SliceData(items.lengths)
		return C.durable_store_write_states(handle, starts, lengths, C.size_t(len(sent)), results, failure)
	})
	if err != nil {
		return nil, err
	}
	for position, index := range sent {
		outcomes[index] = results[position].Err
	}
	return outcomes, nil
}

// GetLatestStates reads many states, with many requests in flight at once. The outcomes are in the order of the keys. The
// second value is an error of the call as a whole.
func (s *Store) GetLatestStates(ctx context.Context, keys []Key) ([]Result, error) {
	var pinner runtime.Pinner
	defer pinner.Unpin()
	var items sequence
	shards := make([]*C.uint64_t, len(keys))
	for index, key := range keys {
		items.bytes = append(items.bytes, key.persistenceID...)
		items.end()
		if key.shard != nil {
			pinner.Pin(key.shard)
			shards[index] = key.shard
		}
	}
	items.pin(&pinner)
	return s.bulk(ctx, func(
		handle *C.durable_store, results **C.durable_store_results, failure **C.durable_store_error,
	) C.int32_t {
		starts := (**C.char)(unsafe.Pointer(unsafe.SliceData(items.starts)))
		lengths := unsafe.SliceData(items.lengths)
		return C.durable_store_get_latest_states(
			handle, starts, lengths, unsafe.SliceData(shards), C.size_t(len(keys)), results, failure)
	})
}

// bulk makes one bulk call and takes its results.
func (s *Store) bulk(
	ctx context.Context,
	run func(*C.durable_store, **C.durable_store_results, **C.durable_store_error) C.int32_t,
) ([]Result, error) {
	var handle *C.durable_store_results
	err := s.call(ctx, func(store *C.durable_store, failure **C.durable_store_error) C.int32_t {
		return run(store, &handle, failure)
	})
	if err != nil {
		return nil, err
	}
	defer C.durable_store_results_free(handle)
	results := make([]Result, C.durable_store_results_count(handle))
	for index := range results {
		var found C.bool
		var bytes buffer
		var failure *C.durable_store_error
		kind := C.durable_store_results_get(
			handle, C.size_t(index), &found, &bytes.start, &bytes.length, &failure)
		if kind != 0 {
			results[index].Err = takeError(kind, failure)
			continue
		}
		results[index].State, results[index].Err = bytes.takeState(bool(found))
	}
	return results, nil
}

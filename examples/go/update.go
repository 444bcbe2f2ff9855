package durablestore

/*
#include <durable_store.h>

// const, as the type of the callback requires; Go has no const parameters.
typedef const uint8_t durablestore_bytes;
extern int32_t durablestoreChange(
    void *context, durablestore_bytes *state, size_t length, durable_store_change *change);
*/
import "C"

import (
	"context"
	"fmt"
	"runtime/cgo"
	"unsafe"

	"github.com/tochemey/ego/v4/egopb"
	"google.golang.org/protobuf/proto"
)

// Change makes the next state of an entity. It gets nil if there is none, and returns nil to leave everything as it is.
type Change func(current *egopb.DurableState) (*egopb.DurableState, error)

// update is an update under way.
type update struct {
	change Change
	// Why it ended: an error of the change, or what it panicked with.
	err      error
	panicked any
}

// stopped is how an update ends whose change failed.
const stopped C.int32_t = -1

// Update reads the state of an entity, has change make the next one, with a higher version number, and writes that if no
// other writer came first; otherwise it begins again. It returns what is stored in the end, nil if there is no state. Not
// available in mode last_write_wins.
//
// The change may be called several times, and may use the store. Its error ends the update and is returned as it is. The
// time of the change counts towards call_timeout, which does not interrupt it. Close does not wait for an update.
func (s *Store) Update(ctx context.Context, persistenceID string, change Change) (*egopb.DurableState, error) {
	var found C.bool
	var bytes buffer
	update := update{change: change}
	context := cgo.NewHandle(&update)
	defer context.Delete()
	// On a handle of its own, not under the lock of the store: the change may call the store, also while it is closed.
	own, err := s.clone(ctx)
	if err != nil {
		return nil, err
	}
	defer own.Close()
	err = own.call(ctx, func(handle *C.durable_store, failure **C.durable_store_error) C.int32_t {
		id, length := textPointer(persistenceID)
		callback := C.durable_store_change_callback(C.durablestoreChange)
		kind := C.durable_store_update(handle, id, length, nil, callback, unsafe.Pointer(&context),
			&found, &bytes.start, &bytes.length, failure)
		if kind == stopped {
			return 0
		}
		return kind
	})
	if update.panicked != nil {
		panic(update.panicked)
	}
	if update.err != nil {
		return nil, update.err
	}
	if err != nil {
		return nil, err
	}
	return bytes.takeState(bool(found))
}

//export durablestoreChange
func durablestoreChange(
	context unsafe.Pointer, state *C.durablestore_bytes, length C.size_t, change *C.durable_store_change,
) (ended C.int32_t) {
	update := (*(*cgo.Handle)(context)).Value().(*update)
	// A panic must not cross the frames of C.
	defer func() {
		if update.panicked = recover(); update.panicked != nil {
			ended = stopped
		}
	}()
	if update.err = update.run(state, length, change); update.err != nil {
		return stopped
	}
	return 0
}

func (u *update) run(state *C.durablestore_bytes, length C.size_t, change *C.durable_store_change) error {
	var current *egopb.DurableState
	if state != nil {
		current = new(egopb.DurableState)
		if err := proto.Unmarshal(C.GoBytes(unsafe.Pointer(state), C.int(length)), current); err != nil {
			return fmt.Errorf("durablestore: the state that was read: %w", err)
		}
	}
	next, err := u.change(current)
	if err != nil || next == nil {
		return err
	}
	encoded, err := encode(nil, next)
	if err != nil {
		return err
	}
	var failure *C.durable_store_error
	bytes, size := bytesPointer(encoded)
	if kind := C.durable_store_change_to(change, bytes, size, &failure); kind != 0 {
		return takeError(kind, failure)
	}
	return nil
}

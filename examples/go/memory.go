package durablestore

/*
#include <durable_store.h>
*/
import "C"

import (
	"runtime"
	"unsafe"

	"google.golang.org/protobuf/proto"

	"github.com/tochemey/ego/v4/egopb"
)

// textPointer returns a text as C takes it, for one call: C keeps no pointer, and does not read one with length 0.
func textPointer(text string) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(unsafe.StringData(text))), C.size_t(len(text))
}

// bytesPointer returns bytes as C takes them, for one call.
func bytesPointer(bytes []byte) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(bytes))), C.size_t(len(bytes))
}

// buffer is memory that C allocated and this package frees.
type buffer struct {
	start  *C.uint8_t
	length C.size_t
}

func (b *buffer) free() {
	C.durable_store_bytes_free(b.start, b.length)
	*b = buffer{}
}

// takeText copies the text in the buffer and frees it.
func (b *buffer) takeText() string {
	defer b.free()
	return string(unsafe.Slice((*byte)(b.start), b.length))
}

// takeState decodes the state in the buffer, if there is one, and frees it. Decoding copies every text and blob, so
// that nothing in the state points into the buffer.
func (b *buffer) takeState(found bool) (*egopb.DurableState, error) {
	if !found {
		return nil, nil
	}
	defer b.free()
	state := new(egopb.DurableState)
	if err := proto.Unmarshal(unsafe.Slice((*byte)(b.start), b.length), state); err != nil {
		return nil, &Error{kind: ErrInternal, message: "decoding a state that was read: " + err.Error()}
	}
	return state, nil
}

// encode appends a state in its serialized form.
func encode(to []byte, state *egopb.DurableState) ([]byte, error) {
	encoded, err := proto.MarshalOptions{}.MarshalAppend(to, state)
	if err != nil {
		return to, &Error{kind: ErrInvalidState, message: "encoding the state: " + err.Error()}
	}
	return encoded, nil
}

// sequence lays the items of a bulk call one after another, so that pinning one buffer lets C follow a pointer to each.
type sequence struct {
	bytes   []byte
	ends    []int
	starts  []unsafe.Pointer
	lengths []C.size_t
}

// end closes the item that was just appended to bytes.
func (s *sequence) end() {
	s.ends = append(s.ends, len(s.bytes))
}

// pin fills starts and lengths and keeps what they point to where it is. Nothing may be appended after it.
func (s *sequence) pin(pinner *runtime.Pinner) {
	begin := 0
	for _, end := range s.ends {
		s.starts = append(s.starts, unsafe.Pointer(unsafe.SliceData(s.bytes[begin:end])))
		s.lengths = append(s.lengths, C.size_t(end-begin))
		begin = end
	}
	pinner.Pin(unsafe.SliceData(s.bytes))
}

package durablestore

/*
#include <durable_store.h>
*/
import "C"

import (
	"errors"
	"fmt"
)

// ErrClosed is the error of calls after [Store.Close] and [States.Close].
var ErrClosed = errors.New("durablestore: used after Close")

// Kind says what an [Error] is about. Each is an error too, so that errors.Is(err, durablestore.ErrConflict) works.
type Kind int32

// The kinds, with the numbers of the library.
const (
	// ErrConfig: a setting is refused, or the table is in the other write mode.
	ErrConfig Kind = C.DURABLE_STORE_CONFIG
	// ErrNotConnected: before Connect or Ping, or after Disconnect.
	ErrNotConnected Kind = C.DURABLE_STORE_NOT_CONNECTED
	// ErrPoolTimeout: no lease became free in time.
	ErrPoolTimeout Kind = C.DURABLE_STORE_POOL_TIMEOUT
	// ErrUnreachable: no contact point answers.
	ErrUnreachable Kind = C.DURABLE_STORE_UNREACHABLE
	// ErrAuthentication: the server refuses user name or password.
	ErrAuthentication Kind = C.DURABLE_STORE_AUTHENTICATION
	// ErrTLS: no secure connection could be made.
	ErrTLS Kind = C.DURABLE_STORE_TLS
	// ErrUnavailable: too few replicas are alive.
	ErrUnavailable Kind = C.DURABLE_STORE_UNAVAILABLE
	// ErrTimeout: no answer in time.
	ErrTimeout Kind = C.DURABLE_STORE_TIMEOUT
	// ErrOverloaded: the server, or the queue to it, is full.
	ErrOverloaded Kind = C.DURABLE_STORE_OVERLOADED
	// ErrConflict: the condition of a write or a deletion does not hold.
	ErrConflict Kind = C.DURABLE_STORE_CONFLICT
	// ErrInvalidState: bad input, or a state that does not fit the settings.
	ErrInvalidState Kind = C.DURABLE_STORE_INVALID_STATE
	// ErrCorrupt: a stored row cannot be read.
	ErrCorrupt Kind = C.DURABLE_STORE_CORRUPT
	// ErrSchema: the table, a column or the index is missing or different.
	ErrSchema Kind = C.DURABLE_STORE_SCHEMA
	// ErrServer: the server failed.
	ErrServer Kind = C.DURABLE_STORE_SERVER
	// ErrInternal: a bug in the library or in this package.
	ErrInternal Kind = C.DURABLE_STORE_INTERNAL
	// ErrFenced: another store has claimed the entity; this one may not write it any more.
	ErrFenced Kind = C.DURABLE_STORE_FENCED
)

var kindNames = map[Kind]string{
	ErrConfig:         "Config",
	ErrNotConnected:   "NotConnected",
	ErrPoolTimeout:    "PoolTimeout",
	ErrUnreachable:    "Unreachable",
	ErrAuthentication: "Authentication",
	ErrTLS:            "Tls",
	ErrUnavailable:    "Unavailable",
	ErrTimeout:        "Timeout",
	ErrOverloaded:     "Overloaded",
	ErrConflict:       "Conflict",
	ErrInvalidState:   "InvalidState",
	ErrCorrupt:        "Corrupt",
	ErrSchema:         "Schema",
	ErrServer:         "Server",
	ErrInternal:       "Internal",
	ErrFenced:         "Fenced",
}

// Error returns the name of the kind in the documentation of the library.
func (k Kind) Error() string {
	if name, known := kindNames[k]; known {
		return name
	}
	return fmt.Sprintf("kind %d", int32(k))
}

// Error is the error of a call of the library.
type Error struct {
	kind             Kind
	message          string
	storedVersion    uint64
	hasStoredVersion bool
	retryable        bool
	indeterminate    bool
}

// Error returns the message.
func (e *Error) Error() string {
	return e.message
}

// Is tells errors.Is whether the error is of a kind.
func (e *Error) Is(target error) bool {
	return target == e.kind
}

// Kind returns what the error is about.
func (e *Error) Kind() Kind {
	return e.kind
}

// StoredVersion returns the stored version because of which a write or delete was refused; false if there is none.
func (e *Error) StoredVersion() (uint64, bool) {
	return e.storedVersion, e.hasStoredVersion
}

// IsRetryable returns whether the same call may succeed later.
func (e *Error) IsRetryable() bool {
	return e.retryable
}

// IsIndeterminate returns whether the write may have been applied despite the error.
func (e *Error) IsIndeterminate() bool {
	return e.indeterminate
}

// takeError copies an error of C and frees it.
func takeError(kind C.int32_t, failure *C.durable_store_error) error {
	defer C.durable_store_error_free(failure)
	var version C.uint64_t
	known := C.durable_store_error_stored_version(failure, &version)
	return &Error{
		kind:             Kind(kind),
		message:          C.GoString(C.durable_store_error_message(failure)),
		storedVersion:    uint64(version),
		hasStoredVersion: bool(known),
		retryable:        bool(C.durable_store_error_is_retryable(failure)),
		indeterminate:    bool(C.durable_store_error_is_indeterminate(failure)),
	}
}

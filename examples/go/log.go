package durablestore

/*
#include <durable_store.h>

// const, as the type of the callback requires; Go has no const parameters.
typedef const char durablestore_text;
extern void durablestoreLog(void *context, int32_t level, durablestore_text *target, durablestore_text *message);
*/
import "C"

import (
	"context"
	"log/slog"
	"sync/atomic"
	"unsafe"
)

var logger atomic.Pointer[slog.Logger]

// SetLogger passes the library's events and the driver's log lines of a level and above to a logger, for the whole process.
// The attribute "target" names the part of the library. With a nil logger no more lines are passed.
func SetLogger(to *slog.Logger, level slog.Level) error {
	var callback C.durable_store_log_callback
	if to != nil {
		logger.Store(to)
		callback = C.durable_store_log_callback(C.durablestoreLog)
	}
	var failure *C.durable_store_error
	if kind := C.durable_store_set_log(callback, nil, fineness(level), &failure); kind != 0 {
		return takeError(kind, failure)
	}
	return nil
}

// fineness returns the library's number of a level.
func fineness(level slog.Level) C.int32_t {
	switch {
	case level >= slog.LevelError:
		return 1
	case level >= slog.LevelWarn:
		return 2
	case level >= slog.LevelInfo:
		return 3
	case level >= slog.LevelDebug:
		return 4
	default:
		return 5
	}
}

//export durablestoreLog
func durablestoreLog(_ unsafe.Pointer, level C.int32_t, target, message *C.durablestore_text) {
	levels := [...]slog.Level{slog.LevelError, slog.LevelWarn, slog.LevelInfo, slog.LevelDebug, slog.LevelDebug - 4}
	place := min(max(int(level), 1), len(levels)) - 1
	attribute := slog.String("target", C.GoString((*C.char)(target)))
	logger.Load().LogAttrs(context.Background(), levels[place], C.GoString((*C.char)(message)), attribute)
}

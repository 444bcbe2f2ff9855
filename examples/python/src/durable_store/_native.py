"""The functions of durable_store.h, as ctypes declares them. Calls through a CDLL release the interpreter lock."""

from __future__ import annotations

import ctypes
import os
from ctypes import POINTER, c_bool, c_char_p, c_int32, c_size_t, c_uint32, c_uint64, c_void_p
from typing import Any

IF_ABSENT = 0
IF_VERSION = 1

# What the callback returns to end an update because the change raised an exception.
STOPPED = -1

ChangeCallback = ctypes.CFUNCTYPE(c_int32, c_void_p, c_void_p, c_size_t, c_void_p)
LogCallback = ctypes.CFUNCTYPE(None, c_void_p, c_int32, c_char_p, c_char_p)

# Text and bytes that go in are a pointer to Python's own bytes, and a length. What comes out is a c_void_p, which keeps
# the address that has to be freed; a c_char_p as a result would already be a copy.
_TEXT: list[Any] = [c_char_p, c_size_t]
_BYTES_OUT: list[Any] = [POINTER(c_void_p), POINTER(c_size_t)]
_FOUND_OUT: list[Any] = [POINTER(c_bool), *_BYTES_OUT]
_HANDLE_OUT: list[Any] = [POINTER(c_void_p)]
_ERROR_OUT: list[Any] = [POINTER(c_void_p)]
_SHARD: list[Any] = [POINTER(c_uint64)]
_SCHEMA: list[Any] = [*_TEXT, c_int32, c_bool]

# Those that return the number of a kind; the last parameter of each is the error.
_OPERATIONS: dict[str, list[Any]] = {
    "open": [*_TEXT, *_HANDLE_OUT],
    "connect": [c_void_p],
    "disconnect": [c_void_p],
    "ping": [c_void_p],
    "clone": [c_void_p, *_HANDLE_OUT],
    "with_table": [c_void_p, *_TEXT, *_HANDLE_OUT],
    "write_state": [c_void_p, *_TEXT],
    "write_state_if": [c_void_p, *_TEXT, c_int32, c_uint64],
    "get_latest_state": [c_void_p, *_TEXT, *_SHARD, *_FOUND_OUT],
    "delete_state": [c_void_p, *_TEXT, *_SHARD],
    "delete_state_if_version": [c_void_p, *_TEXT, *_SHARD, c_uint64],
    "forget_state": [c_void_p, *_TEXT, *_SHARD],
    "release": [c_void_p, *_TEXT],
    "update": [c_void_p, *_TEXT, *_SHARD, ChangeCallback, c_void_p, *_FOUND_OUT],
    "change_to": [c_void_p, *_TEXT],
    "write_states": [c_void_p, POINTER(c_char_p), POINTER(c_size_t), c_size_t, *_HANDLE_OUT],
    "get_latest_states": [
        c_void_p,
        POINTER(c_char_p),
        POINTER(c_size_t),
        POINTER(POINTER(c_uint64)),
        c_size_t,
        *_HANDLE_OUT,
    ],
    "results_get": [c_void_p, c_size_t, *_FOUND_OUT],
    "shard_states": [c_void_p, c_uint64, c_uint32, *_TEXT, *_HANDLE_OUT],
    "all_states": [c_void_p, c_uint32, *_TEXT, *_HANDLE_OUT],
    "states_next": [c_void_p, *_FOUND_OUT],
    "states_resume_token": [c_void_p, *_BYTES_OUT],
    "create_schema": [c_void_p, *_SCHEMA],
    "schema_cql": [c_void_p, *_SCHEMA, *_BYTES_OUT],
    "set_log": [LogCallback, c_void_p, c_int32],
}

_OTHERS: dict[str, tuple[Any, list[Any]]] = {
    "free": (None, [c_void_p]),
    "results_count": (c_size_t, [c_void_p]),
    "results_free": (None, [c_void_p]),
    "states_free": (None, [c_void_p]),
    "error_kind": (c_int32, [c_void_p]),
    "error_message": (c_char_p, [c_void_p]),
    "error_stored_version": (c_bool, [c_void_p, POINTER(c_uint64)]),
    "error_is_retryable": (c_bool, [c_void_p]),
    "error_is_indeterminate": (c_bool, [c_void_p]),
    "error_free": (None, [c_void_p]),
    "bytes_free": (None, [c_void_p, c_size_t]),
    "version": (c_char_p, []),
}


def _load() -> ctypes.CDLL:
    path = os.environ.get("DURABLE_STORE_LIBRARY") or "libdurable_store.so"
    try:
        loaded = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"{error}; DURABLE_STORE_LIBRARY may hold the path of libdurable_store.so") from error
    for name, parameters in _OPERATIONS.items():
        function = getattr(loaded, f"durable_store_{name}")
        function.restype, function.argtypes = c_int32, [*parameters, *_ERROR_OUT]
    for name, (result, parameters) in _OTHERS.items():
        function = getattr(loaded, f"durable_store_{name}")
        function.restype, function.argtypes = result, parameters
    return loaded


library = _load()

#: The version of the native library.
VERSION: str = library.durable_store_version().decode()

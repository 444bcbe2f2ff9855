"""Calls of the native library, and the ownership of what it returns."""

from __future__ import annotations

import threading
from ctypes import byref, c_bool, c_size_t, c_uint64, c_void_p, string_at
from typing import Any, Callable

from ._native import library
from .durable_state_pb2 import DurableState
from .errors import DurableStoreError, class_of


class Handle:
    """A native handle, freed once: by `close`, or when the last call on it returns after that."""

    def __init__(self, name: str, pointer: c_void_p, free: Callable[[c_void_p], None]) -> None:
        self._name = name
        self._pointer = pointer
        self._free = free
        self._lock = threading.Lock()
        self._calls = 0
        self._closed = False

    def __enter__(self) -> c_void_p:
        with self._lock:
            if self._closed:
                raise ValueError(f"the {self._name} is closed")
            self._calls += 1
        return self._pointer

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._calls -= 1
            last = self._closed and self._calls == 0
        if last:
            self._free(self._pointer)

    def close(self) -> None:
        with self._lock:
            idle = not self._closed and self._calls == 0
            self._closed = True
        if idle:
            self._free(self._pointer)

    def __del__(self) -> None:
        self.close()


def call(function: Callable[..., int], *arguments: Any) -> None:
    """Calls an operation of the library, and raises its error."""
    error = failure(function, *arguments)
    if error is not None:
        raise error


def failure(function: Callable[..., int], *arguments: Any) -> DurableStoreError | None:
    """Calls an operation of the library, and returns its error."""
    pointer = c_void_p()
    kind = function(*arguments, byref(pointer))
    if kind == 0:
        return None
    try:
        stored = c_uint64()
        known = library.durable_store_error_stored_version(pointer, byref(stored))
        return class_of(kind)(
            library.durable_store_error_message(pointer).decode("utf-8", "replace"),
            stored_version=stored.value if known else None,
            is_retryable=library.durable_store_error_is_retryable(pointer),
            is_indeterminate=library.durable_store_error_is_indeterminate(pointer),
        )
    finally:
        library.durable_store_error_free(pointer)


class BytesOut:
    """The parameters through which a function returns bytes that the caller frees."""

    def __init__(self) -> None:
        self._pointer = c_void_p()
        self._length = c_size_t()
        self.parameters = (byref(self._pointer), byref(self._length))

    def take(self) -> bytes:
        """Returns a copy of the bytes, and frees those of the library."""
        try:
            return string_at(self._pointer, self._length.value)
        finally:
            library.durable_store_bytes_free(self._pointer, self._length)


class StateOut:
    """The parameters through which a function returns a state, if there is one."""

    def __init__(self) -> None:
        self._found = c_bool()
        self._bytes = BytesOut()
        self.parameters = (byref(self._found), *self._bytes.parameters)

    def take(self) -> DurableState | None:
        return DurableState.FromString(self._bytes.take()) if self._found.value else None


def text(value: str) -> bytes:
    """Encodes as UTF-8. The library refuses what is not valid, such as a lone surrogate, naming the field."""
    return value.encode("utf-8", "surrogatepass")


def unsigned(name: str, value: int, bits: int = 64) -> int:
    """Returns the number if it fits: ctypes would truncate it silently."""
    if not 0 <= value < 2**bits:
        raise ValueError(f"{name} must be from 0 to 2**{bits} - 1, not {value}")
    return value

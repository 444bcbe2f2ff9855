"""The exceptions: one class per kind of error."""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ErrorKind(IntEnum):
    """What went wrong, in terms of what a caller does next, with the numbers of the library."""

    CONFIG = 1
    NOT_CONNECTED = 2
    POOL_TIMEOUT = 3
    UNREACHABLE = 4
    AUTHENTICATION = 5
    TLS = 6
    UNAVAILABLE = 7
    TIMEOUT = 8
    OVERLOADED = 9
    CONFLICT = 10
    INVALID_STATE = 11
    CORRUPT = 12
    SCHEMA = 13
    SERVER = 14
    INTERNAL = 15
    FENCED = 16


class DurableStoreError(Exception):
    """The error of a call. Its subclasses are the known kinds; an unknown kind is this class itself."""

    #: What went wrong; of the base class the library's internal error, since nothing more is known.
    kind: ClassVar[ErrorKind] = ErrorKind.INTERNAL

    def __init__(
        self,
        message: str,
        *,
        stored_version: int | None = None,
        is_retryable: bool = False,
        is_indeterminate: bool = False,
    ) -> None:
        super().__init__(message)
        #: What happened, in which operation, to which entity, and why.
        self.message = message
        #: The version number that a refused conditional write found; None where the row was absent.
        self.stored_version = stored_version
        #: Whether a new call may succeed without anything being changed.
        self.is_retryable = is_retryable
        #: Whether the write may have been applied, now or later, although the call failed.
        self.is_indeterminate = is_indeterminate


class ConfigError(DurableStoreError):
    """A setting is refused, or the call does not fit the settings."""

    kind = ErrorKind.CONFIG


class NotConnectedError(DurableStoreError):
    """The store was never connected, or was disconnected, or this process was forked from one that had connected."""

    kind = ErrorKind.NOT_CONNECTED


class PoolTimeoutError(DurableStoreError):
    """No lease became free before the call's deadline."""

    kind = ErrorKind.POOL_TIMEOUT


class UnreachableError(DurableStoreError):
    """Connecting failed: no contact point answers, or their names do not resolve."""

    kind = ErrorKind.UNREACHABLE


class AuthenticationError(DurableStoreError):
    """The server refused the credentials, or the role lacks the permission."""

    kind = ErrorKind.AUTHENTICATION


class TlsError(DurableStoreError):
    """The encrypted connection could not be set up."""

    kind = ErrorKind.TLS


class UnavailableError(DurableStoreError):
    """Too few replicas are alive, or there is no live connection."""

    kind = ErrorKind.UNAVAILABLE


class RequestTimeoutError(DurableStoreError):
    """No answer came in time, or the connection died under the request."""

    kind = ErrorKind.TIMEOUT


class OverloadedError(DurableStoreError):
    """The server, or the queue of the driver, accepts no more requests."""

    kind = ErrorKind.OVERLOADED


class ConflictError(DurableStoreError):
    """The condition of a conditional write did not hold."""

    kind = ErrorKind.CONFLICT


class InvalidStateError(DurableStoreError):
    """The state or key is refused."""

    kind = ErrorKind.INVALID_STATE


class CorruptError(DurableStoreError):
    """The stored row cannot be read as a state."""

    kind = ErrorKind.CORRUPT


class SchemaError(DurableStoreError):
    """Keyspace, table, column, key or index is missing or different from what the store needs."""

    kind = ErrorKind.SCHEMA


class ServerError(DurableStoreError):
    """The server failed while it worked on the request."""

    kind = ErrorKind.SERVER


class InternalError(DurableStoreError):
    """A bug of the library."""

    kind = ErrorKind.INTERNAL


class FencedError(DurableStoreError):
    """Another store has claimed the entity; this one may not write it any more."""

    kind = ErrorKind.FENCED


_CLASSES: dict[int, type[DurableStoreError]] = {each.kind: each for each in DurableStoreError.__subclasses__()}


def class_of(kind: int) -> type[DurableStoreError]:
    """Returns the class of errors of this kind."""
    return _CLASSES.get(kind, DurableStoreError)

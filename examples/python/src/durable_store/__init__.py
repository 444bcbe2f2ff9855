"""Keeps the latest state of each entity in Apache Cassandra: a client of libdurable_store."""

from ._log import forward_log
from ._native import VERSION
from .durable_state_pb2 import DurableState
from .errors import (
    AuthenticationError,
    ConfigError,
    ConflictError,
    CorruptError,
    DurableStoreError,
    ErrorKind,
    FencedError,
    InternalError,
    InvalidStateError,
    NotConnectedError,
    OverloadedError,
    PoolTimeoutError,
    RequestTimeoutError,
    SchemaError,
    ServerError,
    TlsError,
    UnavailableError,
    UnreachableError,
)
from .messages import new_state
from .states import States
from .store import DurableStore, Layout

__all__ = [
    "VERSION",
    "AuthenticationError",
    "ConfigError",
    "ConflictError",
    "CorruptError",
    "DurableState",
    "DurableStore",
    "DurableStoreError",
    "ErrorKind",
    "FencedError",
    "InternalError",
    "InvalidStateError",
    "Layout",
    "NotConnectedError",
    "OverloadedError",
    "PoolTimeoutError",
    "RequestTimeoutError",
    "SchemaError",
    "ServerError",
    "States",
    "TlsError",
    "UnavailableError",
    "UnreachableError",
    "forward_log",
    "new_state",
]

"""The store itself."""

from __future__ import annotations

from ctypes import POINTER, byref, c_char_p, c_size_t, c_uint64, c_void_p, pointer, string_at
from enum import IntEnum
from typing import Any, Callable, Iterable, Tuple, Union

from ._calls import BytesOut, Handle, StateOut, call, failure, text, unsigned
from ._native import IF_ABSENT, IF_VERSION, STOPPED, ChangeCallback, library
from .durable_state_pb2 import DurableState
from .errors import DurableStoreError
from .states import States

#: A persistence id, or a shard and a persistence id.
Key = Union[str, Tuple[int, str]]


class Layout(IntEnum):
    """How a table is keyed."""

    BY_SHARD = 0
    BY_ID = 1


class DurableStore:
    """A handle on a store. Any number of threads may use it at once; a call blocks only its own thread.

    Settings are a connection string: ``cassandra://user:password@host,host:port/keyspace?setting=value``. Nothing is
    sent before `connect` or `ping`. Every method raises a `DurableStoreError`; a number that does not fit, or a handle
    that is closed, is a `ValueError`.
    """

    def __init__(self, connection_string: str) -> None:
        self._handle = _handle(library.durable_store_open, *_sized(text(connection_string)))

    def connect(self) -> None:
        """Connects, unless connected."""
        self._call(library.durable_store_connect)

    def disconnect(self) -> None:
        """Waits for calls in flight, and closes the connection, for every clone of this handle."""
        self._call(library.durable_store_disconnect)

    def ping(self) -> None:
        """Connects if needed, and makes a round trip to the server."""
        self._call(library.durable_store_ping)

    def clone(self) -> DurableStore:
        """Returns another handle on the same connection. It has to be closed separately."""
        other = object.__new__(DurableStore)
        with self._handle as store:
            other._handle = _handle(library.durable_store_clone, store)
        return other

    def with_table(self, table: str) -> DurableStore:
        """Returns a handle on another table of the keyspace; both share one connection. It has to be closed separately.

        The table is looked at when the handle is first used: one that is missing, or was dropped, fails the calls on its
        own handles only.
        """
        other = object.__new__(DurableStore)
        with self._handle as store:
            other._handle = _handle(library.durable_store_with_table, store, *_sized(text(table)))
        return other

    def close(self) -> None:
        """Frees the handle; any further use is a ValueError. Calls in flight are not affected."""
        self._handle.close()

    def __enter__(self) -> DurableStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write_state(self, state: DurableState) -> None:
        """Stores a state as the latest state of its entity."""
        self._call(library.durable_store_write_state, *_sized(_bytes(state)))

    def write_state_if_absent(self, state: DurableState) -> None:
        """Stores the first state of an entity; raises `ConflictError` if there is one. Not available in mode `last_write_wins`."""
        self._call(library.durable_store_write_state_if, *_sized(_bytes(state)), IF_ABSENT, 0)

    def write_state_if_version(self, state: DurableState, version_number: int) -> None:
        """Stores a state if this version is the latest; raises `ConflictError` otherwise. Not available in mode `last_write_wins`."""
        version = unsigned("version_number", version_number)
        self._call(library.durable_store_write_state_if, *_sized(_bytes(state)), IF_VERSION, version)

    def get_latest_state(self, persistence_id: str, *, shard: int | None = None) -> DurableState | None:
        """Returns the latest state of an entity, or of its row in one shard; None if there is none.

        In mode owned it claims the entity for this store: later writes of the store that had claimed it before raise
        `FencedError`.
        """
        out = StateOut()
        self._call(library.durable_store_get_latest_state, *_key(persistence_id, shard), *out.parameters)
        return out.take()

    def delete_state(self, persistence_id: str, *, shard: int | None = None) -> None:
        """Deletes the state of an entity, or its row in one shard. Succeeds if there is none.

        In mode versioned or owned the version number stays: a new state needs a higher one.
        """
        self._call(library.durable_store_delete_state, *_key(persistence_id, shard))

    def delete_state_if_version(self, persistence_id: str, version_number: int, *, shard: int | None = None) -> None:
        """Deletes a state if this version is the latest; raises `ConflictError` otherwise. Not available in mode `last_write_wins`."""
        version = unsigned("version_number", version_number)
        self._call(library.durable_store_delete_state_if_version, *_key(persistence_id, shard), version)

    def forget_state(self, persistence_id: str) -> None:
        """Removes the row of an entity, and all memory of its version number. Not available in mode `last_write_wins`."""
        self._call(library.durable_store_forget_state, *_key(persistence_id, None))

    def release(self, persistence_id: str) -> None:
        """Forgets that this store has claimed an entity, in mode owned. Sends nothing."""
        self._call(library.durable_store_release, *_sized(text(persistence_id)))

    def update(
        self, persistence_id: str, change: Callable[[DurableState | None], DurableState | None]
    ) -> DurableState | None:
        """Writes the next state that `change` makes, if no other writer came first; otherwise begins again.

        `change` gets the current state, None if there is none, and returns the next one, with a higher version number, or
        None to leave everything as it is. It may be called several times, and may use the store. An exception that it
        raises ends the update and is raised here. Returns what is stored in the end. Not available in mode `last_write_wins`.
        """
        raised: list[BaseException] = []

        def called(_context: int | None, start: int | None, length: int, place: int) -> int:
            try:
                current = None if start is None else DurableState.FromString(string_at(start, length))
                following = change(current)
                if following is not None:
                    call(library.durable_store_change_to, place, *_sized(_bytes(following)))
                return 0
            except BaseException as error:
                raised.append(error)
                return STOPPED

        out = StateOut()
        with self._handle as store:
            function, key = library.durable_store_update, _key(persistence_id, None)
            error = failure(function, store, *key, ChangeCallback(called), None, *out.parameters)
        if raised:
            raise raised[0]
        if error is not None:
            raise error
        return out.take()

    def write_states(self, states: Iterable[DurableState]) -> list[DurableStoreError | None]:
        """Stores many states, many at once. Returns the error of each, or None, in the order of the input."""
        items = [_bytes(state) for state in states]
        outcomes = self._bulk(library.durable_store_write_states, *_arrays(items), len(items))
        return [outcome if isinstance(outcome, DurableStoreError) else None for outcome in outcomes]

    def get_latest_states(self, keys: Iterable[Key]) -> list[DurableState | DurableStoreError | None]:
        """Returns the latest states of many entities, read many at once, in the order of the input.

        Each is a state, None if there is none, or the error of its read, as a value.
        """
        pairs = [(None, key) if isinstance(key, str) else key for key in keys]
        ids, lengths = _arrays([text(persistence_id) for _, persistence_id in pairs])
        shards = (POINTER(c_uint64) * len(pairs))(*[_shard(shard) for shard, _ in pairs])
        return self._bulk(library.durable_store_get_latest_states, ids, lengths, shards, len(pairs))

    def shard_states(self, shard: int, *, page_size: int = 0, resume_token: str | None = None) -> States:
        """Returns all states in a shard, on a table keyed by shard, in pages of `page_size` rows; 0: the setting."""
        in_shard = (unsigned("shard", shard),)
        return self._scan(library.durable_store_shard_states, in_shard, page_size, resume_token)

    def all_states(self, *, page_size: int = 0, resume_token: str | None = None) -> States:
        """Returns all states in the table, in unspecified order."""
        return self._scan(library.durable_store_all_states, (), page_size, resume_token)

    def create_schema(self, replication: str, *, layout: Layout = Layout.BY_SHARD, index: bool = True) -> None:
        """Creates keyspace, table and index as far as they are missing. Needs no `connect`.

        The replication is a number of copies, "3", or one per datacenter, "dc1:3,dc2:2".
        """
        self._call(library.durable_store_create_schema, *_sized(text(replication)), layout, index)

    def schema_cql(self, replication: str, *, layout: Layout = Layout.BY_SHARD, index: bool = True) -> str:
        """Returns the CQL that `create_schema` runs."""
        out = BytesOut()
        replicated = _sized(text(replication))
        self._call(library.durable_store_schema_cql, *replicated, layout, index, *out.parameters)
        return out.take().decode()

    def _call(self, function: Callable[..., int], *arguments: Any) -> None:
        with self._handle as store:
            call(function, store, *arguments)

    def _bulk(self, function: Callable[..., int], *arguments: Any) -> list[DurableState | DurableStoreError | None]:
        results = c_void_p()
        self._call(function, *arguments, byref(results))
        try:
            count = library.durable_store_results_count(results)
            return [_outcome(results, index) for index in range(count)]
        finally:
            library.durable_store_results_free(results)

    def _scan(
        self, function: Callable[..., int], extent: tuple[int, ...], page_size: int, resume_token: str | None
    ) -> States:
        rows = unsigned("page_size", page_size, bits=32)
        token = (None, 0) if resume_token is None else _sized(text(resume_token))
        states = c_void_p()
        self._call(function, *extent, rows, *token, byref(states))
        return States(Handle("scan", states, library.durable_store_states_free))


def _handle(function: Callable[..., int], *arguments: Any) -> Handle:
    store = c_void_p()
    call(function, *arguments, byref(store))
    return Handle("store", store, library.durable_store_free)


def _outcome(results: c_void_p, index: int) -> DurableState | DurableStoreError | None:
    out = StateOut()
    error = failure(library.durable_store_results_get, results, index, *out.parameters)
    return out.take() if error is None else error


def _bytes(state: DurableState) -> bytes:
    if not isinstance(state, DurableState):
        raise TypeError(f"a state must be a DurableState, not {type(state).__name__}")
    return state.SerializeToString()


def _sized(value: bytes) -> tuple[bytes, int]:
    return value, len(value)


def _shard(shard: int | None) -> Any:
    return None if shard is None else pointer(c_uint64(unsigned("shard", shard)))


def _key(persistence_id: str, shard: int | None) -> tuple[Any, ...]:
    return (*_sized(text(persistence_id)), _shard(shard))


def _arrays(items: list[bytes]) -> tuple[Any, Any]:
    return (c_char_p * len(items))(*items), (c_size_t * len(items))(*map(len, items))

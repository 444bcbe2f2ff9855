"""The states of a scan, one after the other."""

from __future__ import annotations

from typing import Iterator

from ._calls import BytesOut, Handle, StateOut, call
from ._native import library
from .durable_state_pb2 import DurableState


class States(Iterator[DurableState]):
    """The states of a scan, made by `shard_states` and `all_states` of a store.

    It ends after the first error. Threads that share it wait for each other.
    """

    def __init__(self, handle: Handle) -> None:
        self._handle = handle

    def __next__(self) -> DurableState:
        out = StateOut()
        with self._handle as states:
            call(library.durable_store_states_next, states, *out.parameters)
        state = out.take()
        if state is None:
            raise StopIteration
        return state

    @property
    def resume_token(self) -> str:
        """Returns how far the scan has come: another one, in another process too, continues after the last state."""
        out = BytesOut()
        with self._handle as states:
            call(library.durable_store_states_resume_token, states, *out.parameters)
        return out.take().decode()

    def close(self) -> None:
        """Frees the scan; any further use is a ValueError."""
        self._handle.close()

    def __enter__(self) -> States:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

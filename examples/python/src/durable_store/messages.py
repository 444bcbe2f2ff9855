"""States as messages: `egopb.DurableState`, generated from resources/durable_state.proto."""

from __future__ import annotations

import time

from google.protobuf.message import Message

from .durable_state_pb2 import DurableState


def new_state(
    persistence_id: str,
    version_number: int,
    message: Message,
    *,
    shard: int = 0,
    timestamp: int | None = None,
) -> DurableState:
    """Returns a state with this message. Its timestamp defaults to now, in milliseconds since 1970."""
    state = DurableState(
        persistence_id=persistence_id,
        version_number=version_number,
        timestamp=time.time_ns() // 1_000_000 if timestamp is None else timestamp,
        shard=shard,
    )
    state.resulting_state.Pack(message)
    return state

"""Conditional writes and deletes, on a versioned table."""

from __future__ import annotations

import threading

import pytest
from google.protobuf.duration_pb2 import Duration

from durable_store import ConflictError, DurableState, DurableStore, InvalidStateError, new_state


def state(account: str, version_number: int) -> DurableState:
    return new_state(account, version_number, Duration())


def test_the_first_state_is_written_once(versioned: DurableStore, account: str) -> None:
    versioned.write_state_if_absent(state(account, 1))
    with pytest.raises(ConflictError) as raised:
        versioned.write_state_if_absent(state(account, 1))
    assert raised.value.stored_version == 1
    assert not raised.value.is_retryable
    assert not raised.value.is_indeterminate


def test_a_state_follows_only_the_version_that_was_named(versioned: DurableStore, account: str) -> None:
    with pytest.raises(ConflictError) as raised:
        versioned.write_state_if_version(state(account, 2), 1)
    assert raised.value.stored_version is None
    versioned.write_state(state(account, 1))
    versioned.write_state_if_version(state(account, 2), 1)
    with pytest.raises(ConflictError) as raised:
        versioned.write_state_if_version(state(account, 3), 1)
    assert raised.value.stored_version == 2


def test_a_stale_write_is_refused(versioned: DurableStore, account: str) -> None:
    versioned.write_state(state(account, 5))
    with pytest.raises(ConflictError) as raised:
        versioned.write_state(state(account, 4))
    assert raised.value.stored_version == 5


def test_a_state_that_is_not_newer_than_its_condition_is_refused(versioned: DurableStore, account: str) -> None:
    with pytest.raises(InvalidStateError):
        versioned.write_state_if_version(state(account, 1), 1)


def test_a_delete_takes_only_the_version_that_was_named(versioned: DurableStore, account: str) -> None:
    versioned.write_state(state(account, 5))
    with pytest.raises(ConflictError) as raised:
        versioned.delete_state_if_version(account, 4)
    assert raised.value.stored_version == 5
    versioned.delete_state_if_version(account, 5)
    assert versioned.get_latest_state(account) is None


def test_exactly_one_of_eight_racing_writers_succeeds(versioned: DurableStore, account: str) -> None:
    outcomes: list[str] = []
    begun = threading.Barrier(8)

    def write() -> None:
        begun.wait()
        try:
            versioned.write_state_if_absent(state(account, 1))
            outcomes.append("written")
        except ConflictError as error:
            outcomes.append(f"{error.stored_version} is stored")

    # Two writers of one and the same row may both be told that it is there: each writes its own.
    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sorted(outcomes) == ["1 is stored"] * 7 + ["written"]

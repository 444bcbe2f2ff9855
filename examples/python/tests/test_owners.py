"""Mode owned, deletes that keep the version, and updates."""

from __future__ import annotations

import threading

import durable_store
import pytest
from durable_store import DurableState, DurableStore, new_state
from google.protobuf.duration_pb2 import Duration

from conftest import StoreOn


def state(account: str, version: int) -> DurableState:
    return new_state(account, version, Duration(seconds=version))


@pytest.fixture
def owners(store_on: StoreOn) -> tuple[DurableStore, DurableStore]:
    """Two connected stores in mode owned on one table."""
    pair = store_on("versioned", write_mode="owned"), store_on("versioned", write_mode="owned")
    for store in pair:
        store.connect()
    return pair


def test_a_later_claim_fences_the_earlier_owner(owners: tuple[DurableStore, DurableStore], account: str) -> None:
    first, second = owners
    with pytest.raises(durable_store.InvalidStateError, match="has not claimed"):
        first.write_state(state(account, 1))
    assert first.get_latest_state(account) is None
    first.write_state(state(account, 1))
    claimed = second.get_latest_state(account)
    assert claimed is not None and claimed.version_number == 1
    for call in [
        lambda: first.write_state(state(account, 2)),
        lambda: first.write_state_if_version(state(account, 2), 1),
        lambda: first.delete_state(account),
        lambda: first.forget_state(account),
    ]:
        with pytest.raises(durable_store.FencedError) as raised:
            call()
        assert raised.value.kind == durable_store.ErrorKind.FENCED
        assert not raised.value.is_retryable
    second.write_state(state(account, 2))
    second.release(account)
    with pytest.raises(durable_store.InvalidStateError, match="has not claimed"):
        second.write_state(state(account, 3))


def test_a_deleted_version_stays_until_it_is_forgotten(versioned: DurableStore, account: str) -> None:
    versioned.write_state(state(account, 7))
    versioned.delete_state(account)
    assert versioned.get_latest_state(account) is None
    for call in [
        lambda: versioned.write_state(state(account, 7)),
        lambda: versioned.write_state_if_absent(state(account, 7)),
        lambda: versioned.write_state_if_version(state(account, 8), 7),
    ]:
        with pytest.raises(durable_store.ConflictError) as raised:
            call()
        assert raised.value.stored_version == 7
    versioned.forget_state(account)
    versioned.write_state_if_absent(state(account, 1))


def next_of(account: str, current: DurableState | None) -> DurableState:
    return state(account, 1 if current is None else current.version_number + 1)


def test_an_update_creates_changes_or_leaves_a_state(versioned: DurableStore, account: str) -> None:
    assert versioned.update(account, lambda current: current) is None
    for version in [1, 2, 3]:
        updated = versioned.update(account, lambda current: next_of(account, current))
        assert updated is not None and updated.version_number == version
    assert versioned.update(account, lambda _: None) == versioned.get_latest_state(account)


def test_an_exception_of_the_change_is_raised_as_it_is(versioned: DurableStore, account: str) -> None:
    class Closed(Exception):
        pass

    closed = Closed("the account is closed")

    def refuse(_current: DurableState | None) -> DurableState | None:
        raise closed

    with pytest.raises(Closed) as raised:
        versioned.update(account, refuse)
    assert raised.value is closed
    assert versioned.get_latest_state(account) is None


def test_a_bad_next_state_is_refused(versioned: DurableStore, account: str) -> None:
    versioned.write_state(state(account, 7))
    with pytest.raises(durable_store.InvalidStateError, match="version_number"):
        versioned.update(account, lambda _: state(account, 7))
    with pytest.raises(TypeError):
        versioned.update(account, lambda _: "no state")  # type: ignore[arg-type, return-value]


def test_updates_of_many_threads_are_all_applied(versioned: DurableStore, account: str) -> None:
    def add() -> None:
        for _ in range(5):
            versioned.update(account, lambda current: next_of(account, current))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stored = versioned.get_latest_state(account)
    assert stored is not None and stored.version_number == 40


def test_updates_where_the_last_write_wins_are_refused(store: DurableStore, account: str) -> None:
    for call in [lambda: store.update(account, lambda current: current), lambda: store.forget_state(account)]:
        with pytest.raises(durable_store.ConfigError, match="write_mode"):
            call()

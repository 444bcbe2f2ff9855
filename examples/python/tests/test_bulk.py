"""Many states in one call."""

from __future__ import annotations

from conftest import StoreOn
from google.protobuf.duration_pb2 import Duration

from durable_store import ConflictError, DurableState, DurableStore, InvalidStateError, NotConnectedError, new_state


def test_many_states_are_written_and_read_in_the_order_of_the_input(store: DurableStore, account: str) -> None:
    states = [new_state(f"{account}-{n}", n, Duration(seconds=n)) for n in range(1_000)]
    assert store.write_states(iter(states)) == [None] * len(states)
    ids = (state.persistence_id for state in reversed(states))
    assert store.get_latest_states(ids) == states[::-1]


def test_an_item_that_fails_harms_no_other(store: DurableStore, account: str) -> None:
    good, bad = new_state(account, 1, Duration()), DurableState(version_number=1)
    first, second, third = store.write_states([good, bad, good])
    assert (first, third) == (None, None)
    assert type(second) is InvalidStateError
    assert "persistence_id" in str(second)
    read, absent, refused, by_surrogate = store.get_latest_states([account, "no such account", "", "\ud800"])
    assert read == good
    assert absent is None
    assert type(refused) is InvalidStateError
    assert type(by_surrogate) is InvalidStateError


def test_keys_with_and_without_a_shard_go_together(store_on: StoreOn, account: str) -> None:
    store = store_on("by_shard")
    store.connect()
    states = [new_state(account, version_number, Duration(), shard=version_number) for version_number in (1, 2)]
    assert store.write_states(states) == [None, None]
    assert store.get_latest_states([account, (1, account), (2, account), (3, account)]) == [
        states[1],
        *states,
        None,
    ]


def test_a_conflict_of_an_item_has_the_stored_version(versioned: DurableStore, account: str) -> None:
    newest, stale, other = (new_state(account, 9, Duration()), new_state(account, 8, Duration()), f"{account}-other")
    outcomes = versioned.write_states([newest, stale, new_state(other, 1, Duration())])
    assert [type(outcome) for outcome in outcomes] == [type(None), ConflictError, type(None)]
    assert outcomes[1] is not None
    assert outcomes[1].stored_version == 9


def test_nothing_gives_nothing(store: DurableStore) -> None:
    assert store.write_states([]) == []
    assert store.get_latest_states([]) == []


def test_each_item_of_a_store_that_is_not_connected_says_so(store_on: StoreOn) -> None:
    outcomes = store_on("by_id").get_latest_states(["a", "b"])
    assert [type(outcome) for outcome in outcomes] == [NotConnectedError] * 2

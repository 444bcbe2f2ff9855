"""All states of a shard and of a table, and going on from where another scan came to."""

from __future__ import annotations

import itertools

import pytest
from conftest import StoreOn
from google.protobuf.duration_pb2 import Duration

from durable_store import ConfigError, DurableStore, new_state

SHARD = 1_000


@pytest.fixture
def accounts(store_on: StoreOn) -> DurableStore:
    """A store with fifty states in one shard."""
    store = store_on("by_shard")
    store.connect()
    states = [new_state(f"scanned-{n:02}", n, Duration(), shard=SHARD) for n in range(50)]
    assert not any(store.write_states(states))
    return store


def test_a_shard_is_read_page_by_page_in_the_order_of_its_ids(accounts: DurableStore) -> None:
    with accounts.shard_states(SHARD, page_size=7) as states:
        assert [state.version_number for state in states] == list(range(50))
        assert next(states, None) is None
    assert list(accounts.shard_states(SHARD + 1)) == []


def test_a_scan_goes_on_from_the_token_of_another(accounts: DurableStore) -> None:
    first = accounts.shard_states(SHARD, page_size=7)
    begun = [state.version_number for state in itertools.islice(first, 20)]
    rest = accounts.shard_states(SHARD, resume_token=first.resume_token)
    assert begun + [state.version_number for state in rest] == list(range(50))
    assert list(accounts.shard_states(SHARD, resume_token=rest.resume_token)) == []


def test_the_whole_table_is_read_in_two_goes(accounts: DurableStore) -> None:
    first = accounts.all_states(page_size=10)
    begun = [(state.shard, state.persistence_id) for state in itertools.islice(first, 20)]
    token = first.resume_token
    first.close()
    read = begun + [(state.shard, state.persistence_id) for state in accounts.all_states(resume_token=token)]
    assert len(read) == len(set(read))
    assert set(read) >= {(SHARD, f"scanned-{n:02}") for n in range(50)}


def test_a_token_of_something_else_is_refused(accounts: DurableStore) -> None:
    of_shard = accounts.shard_states(SHARD).resume_token
    for token in (of_shard, "no token"):
        with pytest.raises(ConfigError, match=r"resume.token"):
            list(accounts.all_states(resume_token=token))


def test_a_scan_ends_after_an_error(store: DurableStore) -> None:
    states = store.shard_states(SHARD)
    with pytest.raises(ConfigError):
        next(states)
    assert list(states) == []


def test_a_scan_outlives_its_store(accounts: DurableStore) -> None:
    states = accounts.shard_states(SHARD)
    accounts.close()
    assert len(list(states)) == 50

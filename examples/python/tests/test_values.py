"""What is written is read back, and lies in the table as it has to."""

from __future__ import annotations

import os
from typing import Any

import pytest
from conftest import StoreOn
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration

from durable_store import DurableState, DurableStore, Layout, new_state

LARGEST = 2**64 - 1
RUST = "DURABLE_STORE_TEST_WRITTEN_BY_RUST"


def test_a_state_comes_back_as_it_was_written(store: DurableStore, account: str) -> None:
    written = new_state(account, 3, Duration(seconds=42), shard=7)
    store.write_state(written)
    read = store.get_latest_state(account)
    assert read == written
    duration = Duration()
    assert read is not None
    assert read.resulting_state.Unpack(duration)
    assert duration.seconds == 42


def test_the_last_write_stays(store: DurableStore, account: str) -> None:
    for version_number in (1, 2, 1):
        store.write_state(new_state(account, version_number, Duration(seconds=version_number)))
    read = store.get_latest_state(account)
    assert read is not None
    assert read.version_number == 1


def test_there_is_no_state_of_an_id_that_was_never_written_or_was_deleted(store: DurableStore, account: str) -> None:
    assert store.get_latest_state(account) is None
    store.delete_state(account)
    store.write_state(new_state(account, 1, Duration()))
    store.delete_state(account)
    assert store.get_latest_state(account) is None


@pytest.mark.parametrize("table", ["by_id", "by_shard"])
@pytest.mark.parametrize(
    "state",
    [
        DurableState(persistence_id="largest", version_number=LARGEST, shard=LARGEST, timestamp=2**63 - 1),
        DurableState(persistence_id="smallest", timestamp=-(2**63)),
        DurableState(persistence_id="without a message", version_number=1),
        DurableState(persistence_id="räksmörgås 🦐", version_number=1),
        DurableState(persistence_id="with \0 in\0", version_number=1),
        DurableState(persistence_id="\0", version_number=1),
    ],
    ids=lambda value: value if isinstance(value, str) else value.persistence_id.replace("\0", "NUL"),
)
def test_values_at_the_edge_come_back(store_on: StoreOn, table: str, state: DurableState) -> None:
    store = store_on(table)
    store.connect()
    state.resulting_state.SetInParent()
    store.write_state(state)
    assert store.get_latest_state(state.persistence_id) == state
    assert store.get_latest_state(state.persistence_id, shard=state.shard) == state
    store.delete_state(state.persistence_id, shard=state.shard)
    assert store.get_latest_state(state.persistence_id) is None


def test_of_one_id_in_several_shards_the_highest_version_is_the_latest(store_on: StoreOn, account: str) -> None:
    store = store_on("by_shard")
    store.connect()
    for shard, version_number in [(1, 5), (2, 6)]:
        store.write_state(new_state(account, version_number, Duration(), shard=shard))
    reads = [store.get_latest_state(account, shard=shard) for shard in (None, 1, 2, 3)]
    assert [read and read.version_number for read in reads] == [6, 5, 6, None]
    store.delete_state(account)


@pytest.mark.parametrize("number", [-1, 2**64])
def test_a_number_that_does_not_fit_is_refused_by_its_name(store: DurableStore, number: int) -> None:
    with pytest.raises(ValueError, match=r"^shard must be"):
        store.get_latest_state("account", shard=number)
    with pytest.raises(ValueError, match=r"^version_number must be"):
        store.delete_state_if_version("account", number)
    with pytest.raises(ValueError, match=r"^page_size must be"):
        store.all_states(page_size=number)


def test_the_row_holds_what_the_original_would_have_written(
    store: DurableStore, session: Any, keyspace: str, account: str
) -> None:
    store.write_state(new_state(account, LARGEST, Duration(seconds=42), shard=LARGEST - 1, timestamp=-5))
    row = session.execute(f"SELECT * FROM {keyspace}.by_id WHERE persistence_id = %s", [account]).one()
    payload = AnyMessage(type_url="type.googleapis.com/google.protobuf.Duration", value=b"\x08\x2a")
    assert row._asdict() == {
        "persistence_id": account,
        "version_number": -1,
        "state_payload": payload.SerializeToString(),
        "state_manifest": "google.protobuf.Any",
        "timestamp": -5,
        "shard_number": -2,
    }


@pytest.mark.skipif(RUST not in os.environ, reason="cargo test gives a state that Rust wrote")
def test_a_state_that_rust_wrote_is_read_to_the_byte(store_on: StoreOn) -> None:
    encoded = bytes.fromhex(os.environ[RUST])
    store = store_on("states_store")
    store.connect()
    read = store.get_latest_state(DurableState.FromString(encoded).persistence_id)
    assert read is not None
    assert read.SerializeToString(deterministic=True) == encoded


@pytest.mark.skipif(RUST not in os.environ, reason="cargo test reads it")
def test_a_state_is_left_for_rust_to_read(store_on: StoreOn) -> None:
    store = store_on("states_store")
    store.connect()
    store.write_state(new_state("written-by-python", LARGEST, Duration(seconds=42, nanos=7), shard=3, timestamp=-5))


def test_a_timestamp_defaults_to_now_in_milliseconds() -> None:
    assert 1_600_000_000_000 < new_state("account", 1, Duration()).timestamp < 10_000_000_000_000


def test_the_cql_of_a_schema_is_given_without_a_server() -> None:
    with DurableStore("cassandra://127.0.0.1/bank?table=accounts") as store:
        by_shard, by_id = (store.schema_cql("dc1:3,dc2:2", layout=layout) for layout in Layout)
    assert 'CREATE TABLE IF NOT EXISTS "bank"."accounts"' in by_shard
    assert "CREATE INDEX" in by_shard
    assert "'dc1': 3" in by_id
    assert "CREATE INDEX" not in by_id

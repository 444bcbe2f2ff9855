"""Handles: clones, closing, the end of the process, and what must not leak."""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import time
from typing import Any, Callable

import pytest
from conftest import StoreOn, connection_string
from google.protobuf.wrappers_pb2 import BytesValue
from proxy import Proxy

import durable_store
from durable_store import ConfigError, DurableStore, NotConnectedError, SchemaError, new_state

MIB = 1024 * 1024


def test_closing_one_handle_leaves_its_clone_connected(store: DurableStore) -> None:
    with store.clone() as clone:
        store.close()
        clone.ping()


def test_a_handle_on_another_table_shares_the_connection(store: DurableStore, store_on: StoreOn) -> None:
    by_shard = store_on("by_shard")
    by_shard.connect()
    with store.with_table("by_shard") as other, store.with_table("no_such_table") as missing:
        store.write_state(new_state("tables", 1, BytesValue(value=b"here")))
        other.write_state(new_state("tables", 2, BytesValue(value=b"there")))
        for handle, version in [(store, 1), (other, 2), (by_shard, 2)]:
            state = handle.get_latest_state("tables")
            assert state is not None and state.version_number == version
        with pytest.raises(SchemaError, match="no_such_table"):
            missing.get_latest_state("tables")
        store.ping()
    with pytest.raises(ConfigError, match="table: "):
        store.with_table("no table")


def test_disconnecting_one_handle_disconnects_its_clone(store: DurableStore) -> None:
    with store.clone() as clone:
        store.disconnect()
        store.disconnect()
        with pytest.raises(NotConnectedError):
            clone.get_latest_state("account")
        clone.connect()
        assert store.get_latest_state("no such account") is None


@pytest.mark.parametrize("let_go", [DurableStore.close, lambda store: None])
def test_the_connection_ends_with_the_last_handle(
    keyspace: str, proxy: Proxy, let_go: Callable[[DurableStore], None]
) -> None:
    store = DurableStore(connection_string(keyspace, "by_id", host=proxy.host, port=proxy.port))
    store.connect()
    clone, states = store.clone(), store.all_states()
    let_go(store)
    del store, states
    clone.ping()
    assert proxy.open > 0
    let_go(clone)
    del clone
    deadline = time.monotonic() + 60
    while proxy.open > 0:
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    "use",
    [
        DurableStore.connect,
        DurableStore.disconnect,
        DurableStore.ping,
        DurableStore.clone,
        lambda store: store.write_state(new_state("account", 1, BytesValue())),
        lambda store: store.get_latest_state("account"),
        lambda store: store.get_latest_states(["account"]),
        lambda store: store.all_states(),
        lambda store: store.schema_cql("1"),
    ],
)
def test_any_use_of_a_closed_store_is_a_value_error(use: Callable[[DurableStore], Any]) -> None:
    with DurableStore("cassandra://127.0.0.1") as store:
        pass
    with pytest.raises(ValueError, match="the store is closed"):
        use(store)
    store.close()


def test_any_use_of_a_closed_scan_is_a_value_error(store: DurableStore) -> None:
    states = store.all_states()
    states.close()
    states.close()
    with pytest.raises(ValueError, match="the scan is closed"):
        next(states)
    with pytest.raises(ValueError, match="the scan is closed"):
        _ = states.resume_token


def test_the_calls_of_a_forked_child_are_not_connected(store: DurableStore) -> None:
    child = os.fork()
    if child == 0:
        try:
            store.ping()
            os._exit(1)
        except NotConnectedError:
            os._exit(0)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    store.ping()


def test_a_process_ends_well_with_everything_open_and_the_log_on(keyspace: str) -> None:
    program = f"""
import logging, durable_store
logging.basicConfig(level=1)
durable_store.forward_log(1)
store = durable_store.DurableStore({connection_string(keyspace, "by_id")!r})
store.connect()
states = store.all_states()
next(states, None)
"""
    for _ in range(5):
        ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        assert "durable_store" in ended.stderr
        assert "Traceback" not in ended.stderr


def peak_memory() -> int:
    gc.collect()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def test_what_is_read_does_not_stay_in_memory(store_on: StoreOn, account: str) -> None:
    store = store_on("by_shard")
    store.connect()
    shard = 2_000
    store.write_state(new_state(account, 1, BytesValue(value=bytes(MIB)), shard=shard))

    def read_four_times() -> None:
        assert store.get_latest_state(account, shard=shard) is not None
        assert all(store.get_latest_states([(shard, account)] * 2))
        assert len(list(store.shard_states(shard))) == 1

    for _ in range(10):
        read_four_times()
    before = peak_memory()
    for _ in range(40):
        read_four_times()
    # 160 MiB went through, 40 of it by each way.
    assert peak_memory() - before < 30 * MIB
    store.delete_state(account, shard=shard)


def test_errors_do_not_stay_in_memory() -> None:
    long = "x" * 60_000
    with DurableStore("cassandra://127.0.0.1") as store:

        def fail() -> None:
            with pytest.raises(NotConnectedError):
                store.get_latest_state(long)
            assert [type(outcome) for outcome in store.get_latest_states([long])] == [NotConnectedError]

        for _ in range(100):
            fail()
        before = peak_memory()
        for _ in range(1_000):
            fail()
        # Each holds its id: 120 MB.
        assert peak_memory() - before < 30 * MIB


def test_the_library_has_a_version() -> None:
    assert durable_store.VERSION.count(".") == 2

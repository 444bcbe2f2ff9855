"""Many threads on one store."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Callable

import pytest
from conftest import StoreOn
from google.protobuf.duration_pb2 import Duration
from proxy import Proxy

from durable_store import DurableStore, NotConnectedError, new_state


def in_threads(count: int, work: Callable[[int], int]) -> list[int]:
    """Does it in so many threads at once; what failed in one is raised."""
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(work, range(count)))


def test_sixty_four_threads_read_what_they_wrote(store: DurableStore, account: str) -> None:
    def write_and_read(thread: int) -> int:
        for version_number in range(1, 26):
            written = new_state(f"{account}-{thread}", version_number, Duration(seconds=thread))
            store.write_state(written)
            assert store.get_latest_state(written.persistence_id) == written
        return version_number

    assert in_threads(64, write_and_read) == [25] * 64


def test_calls_let_go_of_the_interpreter_lock(store_on: StoreOn, proxy: Proxy, account: str) -> None:
    store = store_on("by_id", host=proxy.host, port=proxy.port)
    store.connect()
    # A server this far away makes the wait the most of a call, on a slow machine too.
    proxy.delay = 0.2

    def calls_a_second(threads: int) -> float:
        began = time.monotonic()

        def read(_: int) -> int:
            for _ in range(5):
                store.get_latest_state(account)
            return 5

        return sum(in_threads(threads, read)) / (time.monotonic() - began)

    # Would be one in every round if the lock were held, and is sixteen on a machine that has nothing else to do.
    assert any(calls_a_second(16) >= 4 * calls_a_second(1) for _ in range(10))


@pytest.mark.parametrize("end", [DurableStore.disconnect, DurableStore.close])
def test_a_store_that_ends_under_calls_harms_none(
    store: DurableStore, account: str, end: Callable[[DurableStore], None]
) -> None:
    clones = [store.clone() for _ in range(4)]

    def call_until_the_end(thread: int) -> int:
        if thread == 0:
            time.sleep(0.2)
            for clone in clones:
                end(clone)
            return 0
        calls = 0
        while True:
            try:
                clones[thread % 4].get_latest_state(account)
            except (NotConnectedError, ValueError):
                return calls
            calls += 1

    assert sum(in_threads(16, call_until_the_end)) > 0


def test_threads_share_a_scan(store: DurableStore, account: str) -> None:
    ids = {f"{account}-{n}" for n in range(200)}
    assert not any(store.write_states(new_state(persistence_id, 1, Duration()) for persistence_id in ids))
    states = store.all_states(page_size=10)
    seen: list[str] = []

    def take(_: int) -> int:
        taken = [state.persistence_id for state in states if state.persistence_id in ids]
        seen.extend(taken)
        return len(taken)

    assert sum(in_threads(8, take)) == len(ids)
    assert set(seen) == ids

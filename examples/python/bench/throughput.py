"""Calls a second of 16 threads that each write a state and read it back, to compare with the same loop in Rust.

python bench/throughput.py cassandra://127.0.0.1:9042/ego 16 5    # threads, seconds
"""

from __future__ import annotations

import sys
import threading
import time

from google.protobuf.wrappers_pb2 import BytesValue

from durable_store import DurableStore, Layout, new_state


def calls_of_one(store: DurableStore, persistence_id: str, deadline: float) -> int:
    payload, calls = BytesValue(value=bytes(200)), 0
    while time.monotonic() < deadline:
        store.write_state(new_state(persistence_id, calls, payload))
        store.get_latest_state(persistence_id)
        calls += 2
    return calls


def main() -> None:
    connection_string, threads, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    calls: list[int] = []
    with DurableStore(connection_string) as store:
        store.create_schema("1", layout=Layout.BY_ID)
        store.connect()
        deadline = time.monotonic() + seconds
        callers = [
            threading.Thread(target=lambda n=n: calls.append(calls_of_one(store, f"account-{n}", deadline)))
            for n in range(threads)
        ]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    print(f"{threads} threads: {sum(calls) / seconds:.0f} calls a second")


if __name__ == "__main__":
    main()

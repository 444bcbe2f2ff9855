"""The library's lines in Python's `logging`."""

from __future__ import annotations

import logging
import threading
from typing import Iterator

import pytest
from conftest import StoreOn

from durable_store import DurableStore, UnreachableError, forward_log


@pytest.fixture(autouse=True)
def _forwarding_ends() -> Iterator[None]:
    yield
    forward_log(None)


def lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name.split(".")[0] == "durable_store"]


def test_a_connect_that_fails_is_told_as_it_is_raised(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    forward_log(logging.WARNING)
    with DurableStore("cassandra://127.0.0.1:1") as store, pytest.raises(UnreachableError):
        store.connect()
    told = lines(caplog)
    assert told
    assert {record.levelno for record in told} <= {logging.WARNING, logging.ERROR}


def test_lines_come_from_threads_of_the_driver_too(store_on: StoreOn, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    forward_log(1)
    store_on("by_id").connect()
    assert {record.thread for record in lines(caplog)} - {threading.get_ident()}


def test_nothing_is_told_unless_it_is_wanted(store_on: StoreOn, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(1)
    store_on("by_id").connect()
    forward_log(1)
    forward_log(None)
    store_on("by_id").connect()
    assert lines(caplog) == []

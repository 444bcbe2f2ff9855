"""A keyspace of the run on a real Cassandra, with a table of each sort, and stores on them."""

from __future__ import annotations

import itertools
import os
from typing import Any, Callable, Iterator
from urllib.parse import quote

import pytest
from cassandra.cluster import Cluster
from proxy import Proxy

from durable_store import DurableStore, Layout

#: Makes a store on a table of the keyspace, with these settings, not connected; closed at the end of the test.
StoreOn = Callable[..., DurableStore]

#: Seconds, longer than anything takes on the slowest machine.
SLOW = 60


def server() -> tuple[str, int]:
    address = os.environ.get("CASSANDRA_TEST_CONTACT_POINTS", "").split(",")[0]
    host, _, port = address.rpartition(":")
    if not host:
        pytest.exit("CASSANDRA_TEST_CONTACT_POINTS must be the host:port of a Cassandra", returncode=2)
    return host, int(port)


@pytest.fixture(scope="session")
def session() -> Iterator[Any]:
    """Runs CQL without the store."""
    host, port = server()
    cluster = Cluster([host], port=port, protocol_version=4, connect_timeout=SLOW, control_connection_timeout=SLOW)
    session = cluster.connect()
    session.default_timeout = None
    yield session
    cluster.shutdown()


@pytest.fixture(scope="session")
def keyspace(session: Any) -> Iterator[str]:
    """The keyspace that is given by who started the run and drops it too, or one of our own."""
    given = os.environ.get("DURABLE_STORE_TEST_KEYSPACE")
    name = given or f"durable_store_python_{os.getpid()}"
    for table, layout, settings in [
        ("by_id", Layout.BY_ID, {}),
        ("by_shard", Layout.BY_SHARD, {}),
        ("versioned", Layout.BY_ID, {"write_mode": "Versioned"}),
    ]:
        with DurableStore(connection_string(name, table, **settings)) as store:
            store.create_schema("1", layout=layout)
    yield name
    if given is None:
        session.execute(f"DROP KEYSPACE {name}")


def connection_string(keyspace: str, table: str, **settings: Any) -> str:
    host, port = server()
    patient = {"call_timeout": f"{SLOW}s", "request_timeout": f"{SLOW // 2}s", "connect_timeout": f"{SLOW // 2}s"}
    settings = {"host": host, "port": port, **patient, **settings}
    host, port = settings.pop("host"), settings.pop("port")
    query = "".join(f"&{name}={quote(str(value))}" for name, value in settings.items())
    return f"cassandra://{host}:{port}/{keyspace}?table={table}{query}"


@pytest.fixture
def store_on(keyspace: str) -> Iterator[StoreOn]:
    made = []

    def make(table: str, **settings: object) -> DurableStore:
        if table == "versioned":
            settings = {"write_mode": "Versioned", **settings}
        made.append(DurableStore(connection_string(keyspace, table, **settings)))
        return made[-1]

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(store_on: StoreOn) -> DurableStore:
    """A connected store on a table keyed by id, where the last write wins."""
    store = store_on("by_id")
    store.connect()
    return store


@pytest.fixture
def versioned(store_on: StoreOn) -> DurableStore:
    """A connected store on a versioned table."""
    store = store_on("versioned")
    store.connect()
    return store


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Between a store and the server: a store with its `host` and `port` goes through it."""
    with Proxy(*server()) as proxy:
        yield proxy


_NUMBERS = itertools.count()


@pytest.fixture
def account() -> str:
    """A persistence id that no other test uses."""
    return f"account-{next(_NUMBERS)}"

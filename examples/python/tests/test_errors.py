"""Every kind of error, had from a server, from a proxy before it, or without either."""

from __future__ import annotations

import pickle
import threading
import time
from pathlib import Path
from typing import Any, Callable

import pytest
from conftest import StoreOn
from google.protobuf.duration_pb2 import Duration
from proxy import EXECUTE, STARTUP, Proxy

import durable_store
from durable_store import DurableStore, DurableStoreError, ErrorKind, new_state

STATE = new_state("account", 1, Duration())


def connect_however_slowly(store: DurableStore) -> None:
    """Connecting may take longer than a short `call_timeout`, and continues in the background."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return store.connect()
        except durable_store.RequestTimeoutError:
            assert time.monotonic() < deadline


def test_every_kind_has_a_class() -> None:
    classes = DurableStoreError.__subclasses__()
    assert {each.kind for each in classes} == set(ErrorKind)
    assert len(classes) == len(ErrorKind)
    assert {each.__name__ for each in classes} <= set(durable_store.__all__)


def test_the_kinds_have_the_numbers_of_the_header() -> None:
    header = (Path(__file__).parents[3] / "resources/include/durable_store.h").read_text()
    for kind in ErrorKind:
        assert f"#define DURABLE_STORE_{kind.name} {kind.value}\n" in header


def test_an_error_survives_pickling() -> None:
    error = durable_store.ConflictError("refused", stored_version=7, is_indeterminate=True)
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert vars(copy) == vars(error)


@pytest.mark.parametrize(
    ("connection_string", "named"),
    [
        ("", "cassandra://"),
        ("cassandra://127.0.0.1?call_timeout=0s", "call_timeout"),
        ("cassandra://127.0.0.1?no_such_setting=1", "no_such_setting"),
    ],
)
def test_a_bad_connection_string_is_refused_naming_the_setting(connection_string: str, named: str) -> None:
    with pytest.raises(durable_store.ConfigError, match=named) as raised:
        DurableStore(connection_string)
    assert not raised.value.is_retryable
    assert not raised.value.is_indeterminate
    assert raised.value.message == str(raised.value)


def test_text_that_is_not_unicode_is_refused_naming_the_argument(store: DurableStore) -> None:
    with pytest.raises(durable_store.InvalidStateError, match=r"connection_string.*UTF-8"):
        DurableStore("cassandra://127.0.0.1/\ud800")
    with pytest.raises(durable_store.InvalidStateError, match=r"resume_token.*UTF-8"):
        store.all_states(resume_token="\ud800")
    with pytest.raises(durable_store.InvalidStateError, match=r"replication.*UTF-8"):
        store.schema_cql("\ud800")


def test_a_password_is_in_no_error() -> None:
    with pytest.raises(durable_store.ConfigError) as raised:
        DurableStore("cassandra://user:secret@127.0.0.1:no-port")
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.write_state(STATE),
        lambda store: store.write_state_if_absent(STATE),
        lambda store: store.write_state_if_version(STATE, 0),
        lambda store: store.get_latest_state("account"),
        lambda store: store.delete_state("account"),
        lambda store: store.delete_state_if_version("account", 1),
        lambda store: next(store.all_states()),
    ],
)
def test_calls_before_connect_and_after_disconnect_are_not_connected(
    store_on: StoreOn, call: Callable[[DurableStore], Any]
) -> None:
    store = store_on("versioned")
    with pytest.raises(durable_store.NotConnectedError):
        call(store)
    store.ping()
    store.disconnect()
    with pytest.raises(durable_store.NotConnectedError):
        call(store)


def test_conditions_where_the_last_write_wins_are_refused(store: DurableStore) -> None:
    with pytest.raises(durable_store.ConfigError, match="write_mode"):
        store.write_state_if_absent(STATE)


def test_where_nothing_listens_it_is_unreachable() -> None:
    with DurableStore("cassandra://127.0.0.1:1") as store:
        with pytest.raises(durable_store.UnreachableError) as raised:
            store.connect()
        assert raised.value.is_retryable


def test_tls_to_a_server_without_is_refused(store_on: StoreOn) -> None:
    ca = Path(__file__).parents[3] / "tests/support/certificates/rsa.pem"
    with pytest.raises(durable_store.TlsError):
        store_on("by_id", tls_ca=ca).connect()


def test_a_refused_login_is_an_authentication_error(store_on: StoreOn, proxy: Proxy) -> None:
    proxy.answers[STARTUP] = 0x0100
    with pytest.raises(durable_store.AuthenticationError):
        store_on("by_id", host=proxy.host, port=proxy.port).connect()


def test_a_missing_table_is_a_schema_error_that_names_it(store_on: StoreOn) -> None:
    with pytest.raises(durable_store.SchemaError, match="no_such_table"):
        store_on("no_such_table").connect()


def test_more_replicas_than_there_are_is_unavailable(store_on: StoreOn) -> None:
    store = store_on("by_id", consistency="THREE", max_attempts=1)
    store.connect()
    with pytest.raises(durable_store.UnavailableError, match="3 replicas required, 1 alive") as raised:
        store.write_state(STATE)
    assert raised.value.is_retryable
    assert not raised.value.is_indeterminate


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (None, durable_store.RequestTimeoutError),
        (0x0000, durable_store.ServerError),
        (0x1001, durable_store.OverloadedError),
        # One that the driver's binding does not know.
        (0x1700, durable_store.InternalError),
    ],
)
def test_a_write_without_a_good_answer_is_indeterminate(
    store_on: StoreOn, proxy: Proxy, code: int | None, expected: type[DurableStoreError]
) -> None:
    store = store_on("by_id", host=proxy.host, port=proxy.port, max_attempts=1, call_timeout="500ms")
    connect_however_slowly(store)
    proxy.answers[EXECUTE] = code
    with pytest.raises(expected) as raised:
        store.write_state(STATE)
    assert type(raised.value) is expected
    assert raised.value.is_indeterminate


def test_a_caller_that_gets_no_lease_gives_up_at_its_deadline(store_on: StoreOn, proxy: Proxy) -> None:
    settings = {"pool_size": 1, "max_in_flight": 1, "max_attempts": 1, "call_timeout": "500ms"}
    store = store_on("by_id", host=proxy.host, port=proxy.port, **settings)
    connect_however_slowly(store)
    proxy.answers[EXECUTE] = None
    outcomes: list[object] = []
    # Keeps the one lease for so many timeouts.
    holder = threading.Thread(target=lambda: outcomes.extend(store.get_latest_states(["account"] * 40)))
    holder.start()
    while not proxy.seen[EXECUTE]:
        time.sleep(0.01)
    with pytest.raises(durable_store.PoolTimeoutError, match="pool_size") as raised:
        store.get_latest_state("account")
    assert raised.value.is_retryable
    proxy.answers.clear()
    holder.join()
    assert type(outcomes[0]) is durable_store.RequestTimeoutError


def test_a_row_that_is_no_state_is_corrupt(store: DurableStore, session: Any, keyspace: str, account: str) -> None:
    session.execute(
        f"INSERT INTO {keyspace}.by_id (persistence_id, version_number, state_payload, state_manifest, timestamp,"
        " shard_number) VALUES (%s, 1, 0xff, 'google.protobuf.Any', 1, 0)",
        [account],
    )
    with pytest.raises(durable_store.CorruptError, match=account):
        store.get_latest_state(account)
    store.delete_state(account)


@pytest.mark.parametrize(
    ("persistence_id", "named"),
    [("", "persistence_id"), ("x" * 65_536, "persistence_id"), ("\udfff", "persistence_id.*UTF-8")],
)
def test_an_id_that_cannot_be_is_refused(store: DurableStore, persistence_id: str, named: str) -> None:
    with pytest.raises(durable_store.InvalidStateError, match=named):
        store.get_latest_state(persistence_id)
    with pytest.raises(durable_store.InvalidStateError, match=named):
        store.delete_state(persistence_id)


def test_a_state_that_is_too_large_is_refused(store: DurableStore, account: str) -> None:
    state = new_state(account, 1, Duration())
    state.resulting_state.value = bytes(17 * 1024 * 1024)
    with pytest.raises(durable_store.InvalidStateError, match="max_payload_bytes"):
        store.write_state(state)


def test_what_is_no_state_is_a_type_error(store: DurableStore) -> None:
    with pytest.raises(TypeError, match="Duration"):
        store.write_state(Duration())  # type: ignore[arg-type]

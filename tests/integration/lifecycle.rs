//! Connecting and disconnecting.

use std::thread;

use durable_store::{DurableStore, ErrorKind, Layout, Replication, SchemaOptions};

use crate::harness::{Keyspace, account, eventually, proxy::Proxy, server};

/// A store that reaches the server through `proxy`, not connected.
fn store_through(proxy: &Proxy, keyspace: &Keyspace) -> DurableStore {
    let address = proxy.address();
    keyspace.store_with(|config| {
        config.contact_points([address.ip().to_string()]).port(address.port()).core_connections_per_host(2)
    })
}

/// A connected session keeps one connection to control it and the two of `core_connections_per_host`.
const CONNECTIONS: usize = 3;

#[track_caller]
fn assert_not_connected(store: &DurableStore) {
    for (operation, error) in [
        ("write_state", store.write_state(&account("account-42", 1, 1)).unwrap_err()),
        ("get_latest_state", store.get_latest_state("account-42").unwrap_err()),
    ] {
        assert_eq!(error.kind(), ErrorKind::NotConnected, "{error}");
        assert_eq!((error.operation(), error.persistence_id()), (Some(operation), Some("account-42")));
        assert!(!error.is_indeterminate() && !error.is_retryable());
    }
}

#[test]
fn calls_need_a_connection_which_can_be_made_again_and_again() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.store();
    assert_not_connected(&store);
    store.disconnect().unwrap();
    for version in 1..=3 {
        store.connect().unwrap();
        store.connect().unwrap();
        let state = account("account-42", version, 1);
        store.write_state(&state).unwrap();
        assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state));
        store.disconnect().unwrap();
        store.disconnect().unwrap();
        assert_not_connected(&store);
    }
    store.ping().unwrap();
    assert_eq!(store.get_latest_state("account-42").unwrap().unwrap().version_number, 3);
}

#[test]
fn all_handles_share_one_connection() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let proxy = Proxy::start(server());
    let store = store_through(&proxy, &keyspace);
    let handle = store.clone();
    store.connect().unwrap();
    let made = proxy.accepted();
    handle.connect().unwrap();
    handle.write_state(&account("account-42", 1, 1)).unwrap();
    assert_eq!(proxy.accepted(), made);

    handle.disconnect().unwrap();
    assert_not_connected(&store);
    assert_not_connected(&handle);
    eventually("the session's connections close", || proxy.open() == 0);

    store.connect().unwrap();
    assert!(handle.get_latest_state("account-42").unwrap().is_some());
}

#[test]
fn fifty_threads_that_ping_make_one_session() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let [alone, together] = [Proxy::start(server()), Proxy::start(server())];
    store_through(&alone, &keyspace).ping().unwrap();
    let store = store_through(&together, &keyspace);
    thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| store.ping().unwrap());
        }
    });
    assert_eq!(together.accepted(), alone.accepted());
    eventually("one session's connections are open", || together.open() == CONNECTIONS);
}

#[test]
fn the_last_handle_to_go_closes_the_session() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let proxy = Proxy::start(server());
    let store = store_through(&proxy, &keyspace);
    let handle = store.clone();
    store.connect().unwrap();
    let made = proxy.accepted();
    drop(store);
    handle.write_state(&account("account-42", 1, 1)).unwrap();
    assert_eq!(proxy.accepted(), made);
    drop(handle);
    eventually("the session's connections close", || proxy.open() == 0);
}

#[test]
fn making_a_schema_leaves_no_session_behind() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let proxy = Proxy::start(server());
    let store = store_through(&proxy, &keyspace);
    store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById)).unwrap();
    assert!(proxy.accepted() > 0);
    eventually("the session's connections close", || proxy.open() == 0);
    assert_not_connected(&store);
}

#[test]
fn a_server_that_cannot_be_reached_is_named_as_such() {
    let keyspace = Keyspace::unmade();
    // Nobody listens on port 1; names under .invalid never resolve.
    for (host, port) in [("127.0.0.1", 1), ("nowhere.invalid", 9042)] {
        let store = keyspace.store_with(|config| config.contact_points([host]).port(port));
        for (operation, error) in [("connect", store.connect().unwrap_err()), ("ping", store.ping().unwrap_err())] {
            assert_eq!((error.kind(), error.operation()), (ErrorKind::Unreachable, Some(operation)), "{error}");
            assert!(error.is_retryable() && !error.is_indeterminate());
        }
        assert_not_connected(&store);
    }
}

#[test]
fn settings_connect_in_one_step_or_fail_with_the_same_error() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.config().build().unwrap().connect().unwrap();
    store.write_state(&account("account-42", 1, 1)).unwrap();
    let missing = keyspace.config().table("missing").build().unwrap();
    let (direct, step) = (missing.clone().connect().unwrap_err(), DurableStore::new(missing).connect().unwrap_err());
    assert_eq!((direct.kind(), direct.to_string()), (ErrorKind::Schema, step.to_string()));
}

#[test]
fn an_unreachable_contact_point_is_named_with_the_reason() {
    let keyspace = Keyspace::unmade();
    let options = SchemaOptions::new(Replication::Simple(1));
    // A link-local address without its interface has no route, and without IPv6 no address of the family has one.
    for (host, reason) in [
        ("nowhere.invalid", "\"nowhere.invalid\" does not resolve: "),
        ("fe80::1", "\"fe80::1\": this machine has no IPv6 route to fe80::1: "),
    ] {
        let store = keyspace.store_with(|config| config.contact_points([host, "127.0.0.1"]).port(1));
        for error in [store.connect().unwrap_err(), store.create_schema(&options).unwrap_err()] {
            assert_eq!(error.kind(), ErrorKind::Unreachable);
            let text = error.to_string();
            assert!(text.contains(reason) && text.matches("; \"").count() == 1, "{error}");
        }
    }
}

//! Deleting, in both modes.

use std::time::Duration;

use durable_store::{Consistency, DurableStore, ErrorKind, Layout, Sharding, WriteCondition::IfAbsent};

use crate::harness::{
    BOTH_LAYOUTS, Keyspace, RawRow, account,
    proxy::{Action, Frame, Proxied, forged},
    versioned,
};

#[test]
fn what_was_deleted_is_gone_and_can_be_written_again() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        let state = account("account-42", 5, 1).with_shard(7);
        for by_state in [false, true] {
            store.write_state(&state).unwrap();
            if by_state { store.delete_state(&state) } else { store.delete_state("account-42") }.unwrap();
            assert_eq!(store.get_latest_state("account-42").unwrap(), None, "{layout:?}");
            assert_eq!(keyspace.rows(), []);
            // There is none to delete any more, which is as well.
            store.delete_state("account-42").unwrap();
        }
        // The version is forgotten.
        let older = account("account-42", 1, 2);
        store.write_state(&older).unwrap();
        assert_eq!(store.get_latest_state("account-42").unwrap(), Some(older));
    }
}

#[test]
fn a_write_right_after_a_delete_is_always_readable() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        for version in 1..=200 {
            let state = account("account-42", version, 1).with_shard(3);
            store.delete_state("account-42").unwrap();
            store.write_state(&state).unwrap();
            assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state), "{layout:?}");
        }
    }
}

#[test]
fn a_versioned_write_right_after_a_delete_is_always_readable() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    for round in 0..200 {
        let state = account("account-42", round, 1);
        if round % 2 == 0 {
            store.write_state_if(&state, IfAbsent).unwrap();
        } else {
            store.write_state(&state).unwrap();
        }
        assert_eq!(store.get_latest_state("account-42").unwrap().as_ref(), Some(&state));
        if round % 3 == 0 {
            store.delete_state("account-42").unwrap();
        } else {
            store.delete_state_if_version("account-42", state.version_number).unwrap();
        }
        assert_eq!(store.get_latest_state("account-42").unwrap(), None);
    }
}

#[test]
fn an_id_deletes_all_its_rows_and_a_key_with_a_shard_one_row() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    let other = account("account-43", 1, 1).with_shard(3);
    let [older, newer] = [(3, 1), (8, 2)].map(|(shard, version)| account("account-42", version, 1).with_shard(shard));
    let write = || [&other, &older, &newer].map(|state| store.write_state(state).unwrap());

    write();
    store.delete_state((3, "account-42")).unwrap();
    assert_eq!(store.get_latest_state((3, "account-42")).unwrap(), None);
    assert_eq!(store.get_latest_state("account-42").unwrap().as_ref(), Some(&newer));
    write();
    store.delete_state(&newer).unwrap();
    assert_eq!(store.get_latest_state("account-42").unwrap().as_ref(), Some(&older));
    write();
    store.delete_state("account-42").unwrap();
    assert_eq!(store.get_latest_state("account-42").unwrap(), None);
    assert_eq!(store.get_latest_state("account-43").unwrap(), Some(other));
    assert_eq!(keyspace.rows().len(), 1);
}

#[test]
fn a_delete_that_fails_half_way_uncovers_no_older_state() {
    const WRAPPED: u64 = u64::MAX - 1;
    let proxied = Proxied::on(Keyspace::with_table(Layout::ByShard), |config| {
        config.max_attempts(1).core_connections_per_host(16)
    });
    let store = &proxied.store;
    store.connect().unwrap();
    // In no order of shards, and not in the order of writing.
    for (shard, version) in [(9, 2), (5, WRAPPED), (1, 3), (7, 1)] {
        store.write_state(&account("account-42", version, 1).with_shard(shard)).unwrap();
    }
    // At first the read succeeds and no delete, then each time one more.
    proxied.proxy.on_executes([Action::Pass, forged::unavailable(1, 0)]);
    assert_fails(store, false);
    assert_eq!(proxied.keyspace.rows().len(), 4);
    for left in [3, 2, 1] {
        proxied.proxy.on_executes([Action::Pass, Action::Pass, forged::unavailable(1, 0)]);
        assert_fails(store, true);
        assert_eq!(proxied.keyspace.rows().len(), left);
        let found = store.get_latest_state("account-42").unwrap().unwrap();
        assert_eq!((found.version_number, found.shard), (WRAPPED, 5), "{left} left");
    }
    store.delete_state("account-42").unwrap();
    assert_eq!(store.get_latest_state("account-42").unwrap(), None);
}

/// A delete of which something was done is not one of which nothing was done, although its last request surely did
/// nothing.
#[track_caller]
fn assert_fails(store: &DurableStore, something_done: bool) {
    let error = store.delete_state("account-42").unwrap_err();
    assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Unavailable, something_done), "{error}");
}

#[test]
fn a_known_shard_needs_no_search() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let elsewhere = account("account-42", 1, 1).with_shard(8);
    keyspace.connected().write_state(&elsewhere).unwrap();
    let store = keyspace.connected_with(|config| config.sharding(Sharding::Fixed(3)));
    store.write_state(&account("account-42", 1, 1).with_shard(3)).unwrap();
    store.delete_state("account-42").unwrap();
    assert_eq!(store.get_latest_state("account-42").unwrap(), None);
    // It was not looked for.
    assert_eq!(keyspace.connected().get_latest_state("account-42").unwrap(), Some(elsewhere));
    let error = store.delete_state((8, "account-42")).unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidState, Some("delete_state")), "{error}");
}

#[test]
fn on_a_table_keyed_by_id_the_shard_in_the_key_does_not_matter() {
    let by_id = Keyspace::with_table(Layout::ById);
    let in_versioned_mode = Keyspace::versioned();
    for store in [by_id.connected(), in_versioned_mode.connected_with(versioned)] {
        store.write_state(&account("account-42", 1, 1).with_shard(3)).unwrap();
        store.delete_state((8, "account-42")).unwrap();
        assert_eq!(store.get_latest_state("account-42").unwrap(), None);
    }
}

#[test]
fn what_cannot_be_read_can_be_deleted() {
    let corrupt = RawRow { version_number: None, ..RawRow::of("account-42") };
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        keyspace.insert(&corrupt);
        assert_eq!(store.get_latest_state("account-42").unwrap_err().kind(), ErrorKind::Corrupt);
        store.delete_state("account-42").unwrap();
        assert_eq!(keyspace.rows(), []);
    }
}

#[test]
fn a_key_that_cannot_be_is_refused_before_anything_is_sent() {
    let by_id = Keyspace::with_table(Layout::ById);
    let in_versioned_mode = Keyspace::versioned();
    for store in [by_id.connected(), in_versioned_mode.connected_with(versioned)] {
        for id in ["", &"x".repeat(65_536)] {
            let error = store.delete_state(id).unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidState, Some("delete_state")), "{error}");
        }
        let error = store.with_consistency(Consistency::Serial).delete_state("account-42").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
}

/// The client timestamp of an EXECUTE: its last eight bytes.
fn timestamp(execute: &Frame) -> i64 {
    let (_, last) = execute.body().split_last_chunk().unwrap();
    i64::from_be_bytes(*last)
}

#[test]
fn a_late_delete_attempt_does_not_delete_a_newer_write() {
    let proxied = Proxied::connected(|config| config.max_attempts(2).request_timeout(Duration::from_secs(1)));
    let store = &proxied.store;
    store.write_state(&account("account-42", 1, 1)).unwrap();
    let before = proxied.proxy.executes().len();
    proxied.proxy.on_executes([Action::Hold]);
    store.delete_state("account-42").unwrap();
    let attempts = proxied.proxy.executes().split_off(before);
    assert_eq!(attempts.len(), 2);
    assert_eq!(timestamp(&attempts[0]), timestamp(&attempts[1]));

    let state = account("account-42", 1, 2);
    store.write_state(&state).unwrap();
    proxied.proxy.release_and_await_answer();
    assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state));
}

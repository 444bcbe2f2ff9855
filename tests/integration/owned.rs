//! Mode owned: only the store that claimed an entity last may write it.

mod claims;
mod processes;
mod unknown;

use std::time::Duration;

use durable_store::{
    DurableStore, ErrorKind, Result,
    WriteCondition::{IfAbsent, IfVersion},
};

use crate::harness::{Keyspace, RawRow, account, eventually, owned, versioned};

const ID: &str = "account-42";

/// A call that changes an entity, with its name.
type Change = (&'static str, fn(&DurableStore) -> Result<()>);

/// Every call that changes an entity whose state has version 7.
const CHANGES: [Change; 6] = [
    ("write_state", |store| store.write_state(&account(ID, 8, 1))),
    ("write_state_if", |store| store.write_state_if(&account(ID, 8, 1), IfVersion(7))),
    ("write_states", |store| store.write_states([account(ID, 8, 1)]).remove(0)),
    ("delete_state", |store| store.delete_state(ID)),
    ("delete_state_if_version", |store| store.delete_state_if_version(ID, 7)),
    ("forget_state", |store| store.forget_state(ID)),
];

/// How many EXECUTEs of such a call come before the one that changes the row.
fn reads(operation: &str) -> usize {
    usize::from(matches!(operation, "delete_state" | "forget_state"))
}

#[track_caller]
fn assert_fenced(outcome: Result<()>) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Fenced, "{error}");
    assert!(!error.is_retryable() && !error.is_indeterminate(), "{error}");
    assert_eq!((error.persistence_id(), error.stored_version()), (Some(ID), None), "{error}");
}

/// Two stores on one table.
fn two_stores() -> (Keyspace, [DurableStore; 2]) {
    let keyspace = Keyspace::versioned();
    let stores = [keyspace.connected_with(owned), keyspace.connected_with(owned)];
    (keyspace, stores)
}

/// Has a store claim the entity and write version 7.
fn write_7(store: &DurableStore) {
    store.get_latest_state(ID).unwrap();
    store.write_state(&account(ID, 7, 7)).unwrap();
}

#[track_caller]
fn assert_stored(keyspace: &Keyspace, version: u64) {
    let reader = keyspace.connected_with(versioned);
    assert_eq!(reader.get_latest_state(ID).unwrap().map(|state| state.version_number), Some(version));
}

#[test]
fn every_change_needs_a_claim() {
    let (keyspace, [store, _]) = two_stores();
    for (store, is_connected) in [(store, true), (keyspace.store_with(owned), false)] {
        // A bulk call takes its lease before it looks at the items.
        for (operation, change) in CHANGES.into_iter().filter(|(name, _)| is_connected || *name != "write_states") {
            let error = change(&store).unwrap_err();
            assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidState, Some(operation)), "{error}");
            assert!(error.to_string().contains("has not claimed the entity"), "{error}");
        }
    }
    assert_eq!(keyspace.rows(), []);
}

#[test]
fn no_change_of_a_store_succeeds_after_another_has_claimed() {
    for (operation, change) in CHANGES {
        let (keyspace, [first, second]) = two_stores();
        write_7(&first);
        assert_eq!(second.get_latest_state(ID).unwrap().unwrap().version_number, 7);
        for _ in 0..2 {
            assert_fenced(change(&first));
        }
        assert_stored(&keyspace, 7);
        change(&second).unwrap_or_else(|error| panic!("{operation}: {error}"));
        // The first takes it back.
        first.get_latest_state(ID).unwrap();
        if operation != "forget_state" {
            assert_fenced(second.write_state(&account(ID, 9, 1)));
        }
        first.write_state(&account(ID, 9, 1)).unwrap();
        assert_stored(&keyspace, 9);
    }
}

#[test]
fn versions_and_conditions_count_as_in_versioned_mode() {
    let (_keyspace, [store, _]) = two_stores();
    write_7(&store);
    let conflict = |outcome: Result<()>| {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, Some(7)), "{error}");
    };
    conflict(store.write_state(&account(ID, 6, 1)));
    conflict(store.write_state_if(&account(ID, 8, 1), IfAbsent));
    conflict(store.write_state_if(&account(ID, 8, 1), IfVersion(6)));
    conflict(store.delete_state_if_version(ID, 6));
    // eGo writes the same version again when an entity stops.
    store.write_state(&account(ID, 7, 2)).unwrap();
    store.delete_state(ID).unwrap();
    store.delete_state(ID).unwrap();
    conflict(store.write_state(&account(ID, 7, 1)));
    conflict(store.write_state_if(&account(ID, 7, 1), IfAbsent));
    store.write_state_if(&account(ID, 8, 1), IfAbsent).unwrap();
}

#[test]
fn an_entity_is_claimed_before_its_first_state() {
    let (keyspace, [first, second]) = two_stores();
    assert_eq!(first.get_latest_state(ID).unwrap(), None);
    assert_eq!(second.get_latest_state(ID).unwrap(), None);
    assert_fenced(first.write_state(&account(ID, 1, 1)));
    assert_fenced(first.write_state_if(&account(ID, 1, 1), IfAbsent));
    assert_fenced(first.delete_state(ID));
    // A row with nothing but an epoch is no state.
    assert_eq!(keyspace.rows(), [RawRow { shard_number: None, ..RawRow::key(ID) }]);
    assert_eq!(second.all_states().count(), 0);
    second.write_state_if(&account(ID, 1, 1), IfAbsent).unwrap();
    assert_stored(&keyspace, 1);
}

#[test]
fn a_deleted_entity_is_claimed_with_its_version() {
    let (keyspace, [first, second]) = two_stores();
    write_7(&first);
    first.delete_state(ID).unwrap();
    assert_eq!(second.get_latest_state(ID).unwrap(), None);
    assert_fenced(first.write_state(&account(ID, 8, 1)));
    assert_eq!(second.write_state(&account(ID, 7, 1)).unwrap_err().stored_version(), Some(7));
    second.write_state(&account(ID, 8, 1)).unwrap();
    assert_stored(&keyspace, 8);
}

#[test]
fn a_forgotten_entity_lets_no_earlier_owner_in() {
    let (keyspace, [first, second]) = two_stores();
    write_7(&first);
    second.get_latest_state(ID).unwrap();
    second.forget_state(ID).unwrap();
    assert_eq!(keyspace.rows(), []);
    assert_fenced(first.write_state(&account(ID, 8, 1)));
    // Its own claim is gone too.
    assert_eq!(second.write_state(&account(ID, 1, 1)).unwrap_err().kind(), ErrorKind::InvalidState);
    second.get_latest_state(ID).unwrap();
    second.write_state(&account(ID, 1, 1)).unwrap();
    assert_fenced(first.write_state(&account(ID, 8, 1)));
    assert_stored(&keyspace, 1);
}

#[test]
fn what_is_forgotten_can_be_forgotten_again() {
    let (keyspace, [first, second]) = two_stores();
    write_7(&first);
    second.get_latest_state(ID).unwrap();
    second.forget_state(ID).unwrap();
    first.forget_state(ID).unwrap();
    assert_eq!(first.write_state(&account(ID, 8, 1)).unwrap_err().kind(), ErrorKind::InvalidState);
    assert_eq!(keyspace.rows(), []);
}

#[test]
fn a_ttl_ends_a_state_and_no_claim() {
    let (keyspace, [first, second]) = two_stores();
    // A default of the table does not end a claim either.
    keyspace.cql("ALTER TABLE {table} WITH default_time_to_live = 3");
    first.get_latest_state(ID).unwrap();
    first.write_state(&account(ID, 7, 1)).unwrap();
    let reader = keyspace.connected_with(versioned);
    let expired = || reader.get_latest_state(ID).unwrap().is_none();
    eventually("the state of the table's default has expired", expired);
    first.with_ttl(Duration::from_secs(2)).write_state(&account(ID, 3, 1)).unwrap();
    eventually("the state has expired", expired);
    let ttl = keyspace.cql("SELECT TTL(owner_epoch) FROM {table}");
    assert_eq!((ttl.rows.len(), ttl.text(0, 0)), (1, None));
    first.with_ttl(Duration::from_secs(2)).delete_state(ID).unwrap();
    first.write_state_if(&account(ID, 1, 1), IfAbsent).unwrap();
    second.get_latest_state(ID).unwrap();
    assert_fenced(first.write_state(&account(ID, 8, 1)));
}

#[test]
fn a_versioned_store_reads_and_writes_without_claiming() {
    let (keyspace, [store, _]) = two_stores();
    let versioned = keyspace.connected_with(versioned);
    write_7(&store);
    assert_eq!(versioned.get_latest_state(ID).unwrap().unwrap().version_number, 7);
    store.write_state(&account(ID, 8, 1)).unwrap();
    versioned.write_state_if(&account(ID, 9, 1), IfVersion(8)).unwrap();
    // The owner stays the owner, and meets the version.
    let error = store.write_state(&account(ID, 8, 1)).unwrap_err();
    assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, Some(9)), "{error}");
    store.write_state(&account(ID, 10, 1)).unwrap();
    versioned.delete_state(ID).unwrap();
    store.write_state(&account(ID, 11, 1)).unwrap();
    versioned.forget_state(ID).unwrap();
    assert_fenced(store.write_state(&account(ID, 12, 1)));
}

#[test]
fn bulk_reads_and_scans_claim_nothing() {
    let (_keyspace, [first, second]) = two_stores();
    write_7(&first);
    assert_eq!(second.get_latest_states([ID]).remove(0).unwrap().unwrap().version_number, 7);
    assert_eq!(second.all_states().count(), 1);
    first.write_state(&account(ID, 8, 1)).unwrap();
    let error = second.write_states([account(ID, 9, 1)]).remove(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
}

#[test]
fn a_released_entity_needs_a_new_claim() {
    let (_keyspace, [store, _]) = two_stores();
    write_7(&store);
    store.release(ID);
    assert_eq!(store.write_state(&account(ID, 8, 1)).unwrap_err().kind(), ErrorKind::InvalidState);
    store.get_latest_state(ID).unwrap();
    store.write_state(&account(ID, 8, 1)).unwrap();
    store.release("never claimed");
}

#[test]
fn handles_share_claims_and_tables_do_not() {
    let (keyspace, [store, _]) = two_stores();
    keyspace.cql(&format!(
        "CREATE TABLE \"{}\".others (persistence_id text PRIMARY KEY, version_number bigint, state_payload blob, \
         state_manifest text, timestamp bigint, shard_number bigint, owner_epoch bigint)",
        keyspace.name()
    ));
    write_7(&store);
    store.clone().with_call_timeout(Duration::from_secs(5)).write_state(&account(ID, 8, 1)).unwrap();
    let others = store.with_table("others");
    assert_eq!(others.write_state(&account(ID, 8, 1)).unwrap_err().kind(), ErrorKind::InvalidState);
    others.get_latest_state(ID).unwrap();
    others.write_state(&account(ID, 1, 1)).unwrap();
    others.release(ID);
    store.write_state(&account(ID, 9, 1)).unwrap();
    // A claim outlives the connection.
    store.disconnect().unwrap();
    store.connect().unwrap();
    store.write_state(&account(ID, 10, 1)).unwrap();
}

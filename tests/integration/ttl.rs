//! States that expire, in both modes.

use std::time::Duration;

use durable_store::{DurableStore, ErrorKind, Result, TypedState, WriteCondition::IfAbsent};

use crate::harness::{BOTH_LAYOUTS, Keyspace, account, eventually, proxy::Proxied, versioned};

const SHORTEST: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);
const MINUTE: Duration = Duration::from_secs(60);

/// Cells of a state that have a TTL, with their names, where none is part of the key.
const CELLS: [&str; 4] = ["version_number", "state_payload", "state_manifest", "timestamp"];

/// How long the cells of the one row still have, in seconds; all of them the same, or none.
#[track_caller]
fn ttl_of(keyspace: &Keyspace) -> Option<u64> {
    let ttls = CELLS.map(|cell| format!("TTL({cell})")).join(", ");
    let found = keyspace.cql(&format!("SELECT {ttls} FROM {{table}}"));
    let ttls: Vec<_> = found.rows[0].iter().map(|cell| cell.as_deref().map(int)).collect();
    assert!(ttls.windows(2).all(|two| two[0] == two[1]), "{ttls:?}");
    ttls[0]
}

fn int(bytes: &[u8]) -> u64 {
    u64::from(u32::from_be_bytes(bytes.try_into().unwrap()))
}

/// Not more than it was given, and not much less, however slow the machine.
#[track_caller]
fn assert_ttl(keyspace: &Keyspace, given: Duration) {
    let (left, given) = (ttl_of(keyspace).expect("a TTL"), given.as_secs());
    assert!(left <= given && left > given.saturating_sub(50), "{left} of {given} s");
}

/// What holds in both modes and on both layouts. Each is given a table without states, and leaves one.
const RULES: [fn(&Keyspace, &DurableStore); 5] = [
    a_state_is_forgotten_when_its_time_has_passed,
    a_write_without_a_ttl_takes_an_earlier_one_away,
    bulk_and_typed_writes_have_the_ttl_of_their_handle,
    a_ttl_that_ends_after_2038_is_refused_if_the_server_cannot,
    // The last one, since it changes the table.
    the_default_of_the_table_holds_for_writes_without_a_ttl,
];

fn check(keyspace: &Keyspace, store: &DurableStore) {
    for rule in RULES {
        rule(keyspace, store);
        keyspace.cql("TRUNCATE {table}");
    }
}

#[test]
fn the_rules_hold_for_plain_writes_on_both_layouts() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        check(&keyspace, &keyspace.connected());
    }
}

#[test]
fn the_rules_hold_for_versioned_writes() {
    let keyspace = Keyspace::versioned();
    check(&keyspace, &keyspace.connected_with(versioned));
}

fn a_state_is_forgotten_when_its_time_has_passed(keyspace: &Keyspace, store: &DurableStore) {
    store.with_ttl(SHORTEST).write_state(&account("account-42", 1, 1)).unwrap();
    eventually("it is forgotten", || store.get_latest_state("account-42").unwrap().is_none());
    // Nothing at all is left of it.
    assert_eq!(keyspace.rows(), []);
}

#[test]
fn an_expired_versioned_state_can_be_created_again() {
    type Write = fn(&DurableStore, u64) -> Result<()>;
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    let creations: [Write; 2] = [
        |store, version| store.write_state(&account("account-42", version, 1)),
        |store, version| store.write_state_if(&account("account-42", version, 1), IfAbsent),
    ];
    let updates: [Write; 2] = [
        |store, version| store.write_state(&account("account-42", version, 1)),
        |store, version| {
            let condition = durable_store::WriteCondition::IfVersion(version - 1);
            store.write_state_if(&account("account-42", version, 1), condition)
        },
    ];
    for (create, update) in creations.into_iter().zip(updates) {
        // Once for good and then with a TTL, and with a TTL from the beginning.
        for first in [store.clone(), store.with_ttl(HOUR)] {
            create(&first, 8).unwrap();
            update(&store.with_ttl(SHORTEST), 9).unwrap();
            eventually("it is forgotten", || store.get_latest_state("account-42").unwrap().is_none());
            let error = store.delete_state_if_version("account-42", 9).unwrap_err();
            assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, None), "{error}");
            // The version is forgotten too.
            create(&store, 3).unwrap();
            assert_eq!(store.get_latest_state("account-42").unwrap().unwrap().version_number, 3);
            store.forget_state("account-42").unwrap();
        }
    }
}

fn a_write_without_a_ttl_takes_an_earlier_one_away(keyspace: &Keyspace, store: &DurableStore) {
    store.with_ttl(HOUR).write_state(&account("account-42", 1, 1)).unwrap();
    assert_ttl(keyspace, HOUR);
    store.write_state(&account("account-42", 2, 1)).unwrap();
    assert_eq!(ttl_of(keyspace), None);
    store.with_ttl(MINUTE).write_state(&account("account-42", 3, 1)).unwrap();
    assert_ttl(keyspace, MINUTE);
}

fn the_default_of_the_table_holds_for_writes_without_a_ttl(keyspace: &Keyspace, store: &DurableStore) {
    keyspace.cql("ALTER TABLE {table} WITH default_time_to_live = 3600");
    store.write_state(&account("account-42", 1, 1)).unwrap();
    assert_ttl(keyspace, HOUR);
    store.with_ttl(MINUTE).write_state(&account("account-42", 2, 1)).unwrap();
    assert_ttl(keyspace, MINUTE);
}

fn bulk_and_typed_writes_have_the_ttl_of_their_handle(keyspace: &Keyspace, store: &DurableStore) {
    let store = store.with_ttl(HOUR);
    assert!(store.write_states([account("account-42", 1, 1)])[0].is_ok());
    assert_ttl(keyspace, HOUR);
    let message = crate::harness::Account { account_id: "account-42".into(), balance_cents: 1 };
    store.with_ttl(MINUTE).typed().write_state(&TypedState::new("account-42", 2, message)).unwrap();
    assert_ttl(keyspace, MINUTE);
}

#[test]
fn a_fraction_of_a_second_counts_as_a_whole_one_on_the_wire() {
    let plain = Proxied::connected(|config| config);
    let in_versioned_mode = Proxied::versioned(|config| config);
    for proxied in [plain, in_versioned_mode] {
        let (written, executes) = proxied.count_executes(|| {
            proxied.store.with_ttl(Duration::from_millis(3_599_001)).write_state(&account("account-42", 1, 1))
        });
        written.unwrap();
        let executes = proxied.proxy.executes().split_off(proxied.proxy.executes().len() - executes);
        // Its length, four bytes, and itself.
        let value = [4_i32.to_be_bytes(), 3_600_i32.to_be_bytes()].concat();
        for execute in executes {
            assert!(execute.body().windows(value.len()).any(|window| window == value), "{execute:?}");
        }
    }
}

/// Cassandra's limit, unless its tables are kept in the format of version 5: 19 January 2038.
fn a_ttl_that_ends_after_2038_is_refused_if_the_server_cannot(keyspace: &Keyspace, store: &DurableStore) {
    const LONGEST: Duration = Duration::from_secs(20 * 365 * 24 * 60 * 60);
    let error = match store.with_ttl(LONGEST).write_state(&account("account-42", 1, 1)) {
        Ok(()) => return assert_ttl(keyspace, LONGEST),
        Err(error) => error,
    };
    assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidState, Some("write_state")), "{error}");
    assert!(!error.is_indeterminate() && !error.is_retryable(), "{error}");
    assert!(error.to_string().contains("2038"), "{error}");
    assert_eq!(keyspace.rows(), []);
    // It was about the TTL only.
    store.with_ttl(HOUR).write_state(&account("account-42", 1, 1)).unwrap();
}

//! What a program may rely on whichever store it is given.

use durable_store::{ErrorKind, Layout, MemoryStore, StateStore, prost_types::Any};

use crate::harness::{Keyspace, account, any_of, state_of};

/// Each is given a new handle on an empty store, not connected.
const CONTRACT: [fn(&dyn StateStore); 7] = [
    calls_need_a_connection,
    an_absent_entity_gives_none,
    what_was_written_is_read_back,
    the_last_write_wins_whatever_its_version_and_shard,
    no_state_reads_back_as_an_empty_one,
    bad_input_is_refused,
    states_outlive_the_connection,
];

#[test]
fn the_store_in_memory_keeps_it() {
    for rule in CONTRACT {
        rule(&MemoryStore::new());
    }
}

#[test]
fn the_store_in_cassandra_keeps_it() {
    let keyspace = Keyspace::with_table(Layout::ById);
    for rule in CONTRACT {
        rule(&keyspace.store());
        keyspace.cql("TRUNCATE {table}");
    }
}

fn calls_need_a_connection(store: &dyn StateStore) {
    let all_refused = || {
        for (operation, error) in [
            ("write_state", store.write_state(&account("account-42", 1, 1)).unwrap_err()),
            ("get_latest_state", store.get_latest_state("account-42").unwrap_err()),
        ] {
            assert_eq!(error.kind(), ErrorKind::NotConnected, "{error}");
            assert_eq!((error.operation(), error.persistence_id()), (Some(operation), Some("account-42")));
        }
    };
    all_refused();
    store.disconnect().unwrap();
    store.connect().unwrap();
    store.connect().unwrap();
    assert_eq!(store.get_latest_state("account-42").unwrap(), None);
    store.disconnect().unwrap();
    all_refused();
    store.ping().unwrap();
    assert_eq!(store.get_latest_state("account-42").unwrap(), None);
}

fn an_absent_entity_gives_none(store: &dyn StateStore) {
    store.connect().unwrap();
    store.write_state(&account("account-42", 1, 1)).unwrap();
    for absent in ["account-4", "account-421", "ACCOUNT-42", " account-42"] {
        assert_eq!(store.get_latest_state(absent).unwrap(), None, "{absent}");
    }
}

fn what_was_written_is_read_back(store: &dyn StateStore) {
    store.connect().unwrap();
    let longest_id = "x".repeat(65_535);
    let states = [
        account("account-42", 3, 4200).with_shard(u64::MAX).with_timestamp(i64::MIN),
        account("счёт 'a'; \0 🚀", u64::MAX, -1),
        account(&longest_id, 0, 0).with_timestamp(0),
        state_of("another domain", Some(any_of("example.com/bank.AccountState", b"\xff"))),
    ];
    for state in &states {
        store.write_state(state).unwrap();
    }
    for state in states {
        assert_eq!(store.get_latest_state(&state.persistence_id).unwrap(), Some(state));
    }
}

fn the_last_write_wins_whatever_its_version_and_shard(store: &dyn StateStore) {
    store.connect().unwrap();
    for (version, shard) in [(2, 7), (3, 7), (1, 8), (1, 0), (0, 7)] {
        let state = account("account-42", version, 1).with_shard(shard);
        store.write_state(&state).unwrap();
        assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state));
    }
}

fn no_state_reads_back_as_an_empty_one(store: &dyn StateStore) {
    store.connect().unwrap();
    for resulting_state in [None, Some(Any::default())] {
        store.write_state(&state_of("account-42", resulting_state)).unwrap();
        let read = store.get_latest_state("account-42").unwrap().unwrap();
        assert_eq!(read, state_of("account-42", Some(Any::default())));
    }
}

fn bad_input_is_refused(store: &dyn StateStore) {
    const MAX_PAYLOAD_BYTES: usize = 8 << 20;
    store.connect().unwrap();
    let large = state_of("account-42", Some(any_of("type.googleapis.com/bank.Scan", &vec![0; MAX_PAYLOAD_BYTES])));
    for refused in [account("", 1, 1), account(&"x".repeat(65_536), 1, 1), large] {
        let error = store.write_state(&refused).unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidState, Some("write_state")), "{error}");
    }
    for refused in ["", &"x".repeat(65_536)] {
        let error = store.get_latest_state(refused).unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidState, Some("get_latest_state")), "{error}");
    }
    assert_eq!(store.get_latest_state("account-42").unwrap(), None);
}

fn states_outlive_the_connection(store: &dyn StateStore) {
    store.ping().unwrap();
    let state = account("account-42", 1, 4200);
    store.write_state(&state).unwrap();
    store.disconnect().unwrap();
    store.connect().unwrap();
    assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state));
}

//! States are read back as they were written.

use durable_store::{DurableState, ErrorKind, StateStore};

use crate::harness::{Account, BOTH_LAYOUTS, Keyspace, account};

#[test]
fn every_field_comes_back() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        let written = account("account-42", 3, 4200).with_shard(7).with_timestamp(-5);
        store.write_state(&written).unwrap();
        let id = String::from("account-42");
        let read = [
            store.get_latest_state("account-42"),
            store.get_latest_state(&id),
            store.get_latest_state((7, "account-42")),
            store.get_latest_state((7, &id)),
            store.get_latest_state(&written),
            StateStore::get_latest_state(&store, "account-42"),
        ];
        for state in read {
            let state = state.unwrap().unwrap();
            assert_eq!(state, written, "{layout:?}");
            assert_eq!(state.to_msg::<Account>().unwrap().balance_cents, 4200);
        }
    }
}

#[test]
fn an_upsert_keeps_one_row_an_id() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        for (version, cents) in [(1, 10), (2, 20), (2, 21), (1, 11)] {
            let state = account("account-42", version, cents);
            store.write_state(&state).unwrap();
            assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state), "{layout:?}");
        }
        assert_eq!(keyspace.cql("SELECT persistence_id FROM {table}").rows.len(), 1);
    }
}

#[test]
fn entities_do_not_mix_and_an_absent_one_gives_none() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        let (first, second) = (account("account-1", 1, 1), account("account-2", 9, 2));
        store.write_state(&first).unwrap();
        store.write_state(&second).unwrap();
        assert_eq!(store.get_latest_state("account-1").unwrap(), Some(first));
        assert_eq!(store.get_latest_state("account-2").unwrap(), Some(second));
        for absent in ["account-3", "account-", "ACCOUNT-1", " account-1"] {
            assert_eq!(store.get_latest_state(absent).unwrap(), None, "{layout:?} {absent}");
            assert_eq!(store.get_latest_state((1, absent)).unwrap(), None, "{layout:?} {absent}");
        }
    }
}

#[test]
fn bad_input_is_refused_before_the_server_hears_of_it() {
    let keyspace = Keyspace::unmade();
    let store = keyspace.store_with(|config| config.max_payload_bytes(64));
    let large = DurableState::new("account-42", 1, &Account { account_id: "x".repeat(64), balance_cents: 0 });
    for (state, field) in [
        (account("", 1, 1), "persistence_id: "),
        (account(&"x".repeat(65_536), 1, 1), "persistence_id: "),
        (large, "resulting_state: "),
    ] {
        // The store is not even connected.
        let error = store.write_state(&state).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidState);
        assert!(error.to_string().contains(field), "{error}");
        assert!(!error.is_indeterminate() && !error.is_retryable());
    }
}

//! A store of one type of state.

use durable_store::{ErrorKind, Layout, PayloadFormat, Replication, SchemaOptions, Sharding, prost_types::Timestamp};

use crate::harness::{Account, Keyspace, account, any_of, state_of, versioned};

fn message(cents: i64) -> Account {
    Account { account_id: "account-42".into(), balance_cents: cents }
}

#[test]
fn messages_come_back_as_they_went_in() {
    let keyspace = Keyspace::with_table(Layout::ById);
    for format in [PayloadFormat::Any, PayloadFormat::Message] {
        let store = keyspace.connected_with(|config| config.payload_format(format)).typed::<Account>();
        let id = format!("account-{format:?}");
        assert_eq!(store.get_latest(&id).unwrap(), None);
        for (version, cents) in [(1, 4200), (2, 0)] {
            store.write(&id, version, &message(cents)).unwrap();
            let state = store.get_latest(&id).unwrap().unwrap();
            assert_eq!((state.persistence_id.as_str(), state.version_number), (id.as_str(), version));
            assert_eq!((state.message, state.shard), (message(cents), 0));
            let untyped = store.store().get_latest_state(&id).unwrap().unwrap();
            assert_eq!(state.timestamp, untyped.timestamp);
            assert_eq!(untyped.to_msg::<Account>().unwrap(), message(cents));
        }
    }
}

#[test]
fn it_reads_what_others_wrote_in_whichever_shard() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    let typed = store.typed::<Account>();
    let states = [(7, 1), (9, 2)].map(|(shard, version)| account("account-42", version, 1).with_shard(shard));
    for state in &states {
        store.write_state(state).unwrap();
    }
    let version = |state: Option<durable_store::TypedState<Account>>| state.map(|state| state.version_number);
    assert_eq!(version(typed.get_latest("account-42").unwrap()), Some(2));
    assert_eq!(version(typed.get_latest((7, "account-42")).unwrap()), Some(1));
    assert_eq!(typed.get_latest(&states[1]).unwrap().map(|state| state.shard), Some(9));
}

#[test]
fn it_writes_into_the_shard_that_the_id_has() {
    let keyspace = Keyspace::with_schema(&SchemaOptions::new(Replication::Simple(1)).index(false));
    let store = keyspace.connected_with(|config| config.sharding(Sharding::by(|id| id.len() as u64)));
    let typed = store.typed::<Account>();
    typed.write("account-42", 1, &message(1)).unwrap();
    assert_eq!(typed.get_latest("account-42").unwrap().map(|state| state.shard), Some(10));
    assert_eq!(keyspace.rows()[0].shard_number, Some(10));
}

#[test]
fn a_state_of_another_type_is_an_error_that_names_both() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected();
    for format in [PayloadFormat::Any, PayloadFormat::Message] {
        let writer = keyspace.connected_with(|config| config.payload_format(format));
        writer.write_state(&account("account-42", 1, 1)).unwrap();
        let error = store.typed::<Timestamp>().get_latest("account-42").unwrap_err();
        assert_eq!((error.kind(), error.persistence_id()), (ErrorKind::InvalidState, Some("account-42")), "{error}");
        for name in ["bank.AccountState", "google.protobuf.Timestamp"] {
            assert!(error.to_string().contains(name), "{error}");
        }
        assert!(!error.is_indeterminate() && !error.is_retryable());
    }
    // As it reads back when there is no state in the state.
    store.write_state(&state_of("account-42", None)).unwrap();
    let error = store.typed::<Account>().get_latest("account-42").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
}

#[test]
fn bytes_that_are_no_such_message_are_corrupt() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected();
    store.write_state(&state_of("account-42", Some(any_of("type.googleapis.com/bank.AccountState", b"\xff")))).unwrap();
    let error = store.typed::<Account>().get_latest("account-42").unwrap_err();
    assert_eq!((error.kind(), error.persistence_id()), (ErrorKind::Corrupt, Some("account-42")), "{error}");
    assert!(error.to_string().contains("bank.AccountState"), "{error}");
}

#[test]
fn in_versioned_mode_a_stale_write_is_refused() {
    let keyspace = Keyspace::versioned();
    let typed = keyspace.connected_with(versioned).typed::<Account>();
    typed.write("account-42", 2, &message(2)).unwrap();
    let error = typed.write("account-42", 1, &message(1)).unwrap_err();
    assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, Some(2)), "{error}");
    assert_eq!(typed.clone().get_latest("account-42").unwrap().unwrap().message, message(2));
}

#[test]
fn calls_need_a_connection_as_those_of_every_handle() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.store();
    let typed = store.typed::<Account>();
    for error in [typed.write("account-42", 1, &message(1)).unwrap_err(), typed.get_latest("account-42").unwrap_err()] {
        assert_eq!((error.kind(), error.persistence_id()), (ErrorKind::NotConnected, Some("account-42")), "{error}");
    }
    store.connect().unwrap();
    typed.write("account-42", 1, &message(1)).unwrap();
    for error in [typed.write("", 1, &message(1)).unwrap_err(), typed.get_latest("").unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    }
}

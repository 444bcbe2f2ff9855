//! A store of one type of state.

use durable_store::{
    ErrorKind, Layout, PayloadFormat, Replication, SchemaOptions, Sharding, TypedState, WriteCondition,
    prost_types::Timestamp,
};

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
        assert_eq!(store.get_latest_state(&id).unwrap(), None);
        for (version, cents) in [(1, 4200), (2, 0)] {
            store.write_state(&TypedState::new(&id, version, message(cents))).unwrap();
            let state = store.get_latest_state(&id).unwrap().unwrap();
            assert_eq!((state.persistence_id.as_str(), state.version_number), (id.as_str(), version));
            assert_eq!((state.message, state.shard), (message(cents), 0));
            let untyped = store.store().get_latest_state(&id).unwrap().unwrap();
            assert_eq!(state.timestamp, untyped.timestamp);
            assert_eq!(untyped.to_msg::<Account>().unwrap(), message(cents));
        }
    }
}

#[test]
fn a_typed_store_reads_plain_states_of_any_shard() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    let typed = store.typed::<Account>();
    let states = [(7, 1), (9, 2)].map(|(shard, version)| account("account-42", version, 1).with_shard(shard));
    for state in &states {
        store.write_state(state).unwrap();
    }
    let version = |state: Option<TypedState<Account>>| state.map(|state| state.version_number);
    assert_eq!(version(typed.get_latest_state("account-42").unwrap()), Some(2));
    assert_eq!(version(typed.get_latest_state((7, "account-42")).unwrap()), Some(1));
    assert_eq!(typed.get_latest_state(&states[1]).unwrap().map(|state| state.shard), Some(9));
}

#[test]
fn a_typed_store_writes_into_the_shard_of_the_id() {
    let keyspace = Keyspace::with_schema(&SchemaOptions::new(Replication::Simple(1)).index(false));
    let store = keyspace.connected_with(|config| config.sharding(Sharding::by(|id| id.len() as u64)));
    let typed = store.typed::<Account>();
    typed.write_state(&TypedState::new("account-42", 1, message(1))).unwrap();
    assert_eq!(typed.get_latest_state("account-42").unwrap().map(|state| state.shard), Some(10));
    assert_eq!(keyspace.rows()[0].shard_number, Some(10));
}

#[test]
fn a_state_of_another_type_is_an_error_that_names_both() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected();
    for format in [PayloadFormat::Any, PayloadFormat::Message] {
        let writer = keyspace.connected_with(|config| config.payload_format(format));
        writer.write_state(&account("account-42", 1, 1)).unwrap();
        let error = store.typed::<Timestamp>().get_latest_state("account-42").unwrap_err();
        assert_eq!((error.kind(), error.persistence_id()), (ErrorKind::InvalidState, Some("account-42")), "{error}");
        for name in ["bank.AccountState", "google.protobuf.Timestamp"] {
            assert!(error.to_string().contains(name), "{error}");
        }
        assert!(!error.is_indeterminate() && !error.is_retryable());
    }
    // As it reads back when there is no state in the state.
    store.write_state(&state_of("account-42", None)).unwrap();
    let error = store.typed::<Account>().get_latest_state("account-42").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
}

#[test]
fn bytes_that_are_no_such_message_are_corrupt() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected();
    store.write_state(&state_of("account-42", Some(any_of("type.googleapis.com/bank.AccountState", b"\xff")))).unwrap();
    let error = store.typed::<Account>().get_latest_state("account-42").unwrap_err();
    assert_eq!((error.kind(), error.persistence_id()), (ErrorKind::Corrupt, Some("account-42")), "{error}");
    assert!(error.to_string().contains("bank.AccountState"), "{error}");
}

#[test]
fn in_versioned_mode_a_stale_write_is_refused() {
    let keyspace = Keyspace::versioned();
    let typed = keyspace.connected_with(versioned).typed::<Account>();
    typed.write_state(&TypedState::new("account-42", 2, message(2))).unwrap();
    let error = typed.write_state(&TypedState::new("account-42", 1, message(1))).unwrap_err();
    assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, Some(2)), "{error}");
    assert_eq!(typed.clone().get_latest_state("account-42").unwrap().unwrap().message, message(2));
}

#[test]
fn calls_need_a_connection_as_those_of_every_handle() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.store();
    let typed = store.typed::<Account>();
    for error in [
        typed.write_state(&TypedState::new("account-42", 1, message(1))).unwrap_err(),
        typed.get_latest_state("account-42").unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.persistence_id()), (ErrorKind::NotConnected, Some("account-42")), "{error}");
    }
    store.connect().unwrap();
    typed.write_state(&TypedState::new("account-42", 1, message(1))).unwrap();
    for error in
        [typed.write_state(&TypedState::new("", 1, message(1))).unwrap_err(), typed.get_latest_state("").unwrap_err()]
    {
        assert_eq!(error.kind(), ErrorKind::InvalidState, "{error}");
    }
}

#[test]
fn bulk_calls_and_scans_return_decoded_states() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let typed = keyspace.connected().typed::<Account>();
    let states: Vec<_> = (0..10_u64)
        .map(|number| TypedState::new(format!("account-{number}"), number, message(7)).with_shard(number % 2))
        .collect();
    assert!(typed.write_states(&states).iter().all(Result::is_ok));
    let ids = states.iter().map(|state| state.persistence_id.as_str());
    let read: Vec<_> = typed.get_latest_states(ids).into_iter().map(|state| state.unwrap().unwrap()).collect();
    assert_eq!(read, states);
    let in_shard: Vec<_> = typed.shard_states(1).page_size(2).map(Result::unwrap).collect();
    assert_eq!(in_shard, states.iter().filter(|state| state.shard == 1).cloned().collect::<Vec<_>>());
    let mut all = typed.all_states();
    assert_eq!(all.by_ref().take(4).filter_map(Result::ok).count(), 4);
    assert_eq!(typed.all_states().resume_from(all.resume_token()).filter_map(Result::ok).count(), 6);

    // A state of another type ends the scan; another scan continues after it.
    typed.store().write_state(&state_of("account-0", Some(any_of("type.googleapis.com/x.Other", b"")))).unwrap();
    let mut in_shard = typed.shard_states(0);
    assert_eq!(in_shard.next().unwrap().unwrap_err().kind(), ErrorKind::InvalidState);
    assert!(in_shard.next().is_none());
    assert_eq!(typed.shard_states(0).resume_from(in_shard.resume_token()).count(), 4);

    typed.delete_state((1, "account-1")).unwrap();
    assert_eq!(typed.get_latest_state("account-1").unwrap(), None);
}

#[test]
fn conditional_calls_take_typed_states() {
    let keyspace = Keyspace::versioned();
    let typed = keyspace.connected_with(versioned).typed::<Account>();
    let first = TypedState::new("account-42", 1, message(1));
    typed.write_state_if(&first, WriteCondition::IfAbsent).unwrap();
    assert_eq!(typed.write_state_if(&first, WriteCondition::IfAbsent).unwrap_err().kind(), ErrorKind::Conflict);
    typed.write_state_if(&TypedState::new("account-42", 2, message(2)), WriteCondition::IfVersion(1)).unwrap();
    assert_eq!(typed.delete_state_if_version("account-42", 1).unwrap_err().stored_version(), Some(2));
    typed.delete_state_if_version("account-42", 2).unwrap();
    assert_eq!(typed.write_state_if(&first, WriteCondition::IfAbsent).unwrap_err().stored_version(), Some(2));
    typed.forget_state("account-42").unwrap();
    typed.write_state_if(&first, WriteCondition::IfAbsent).unwrap();
}

/// The names of the public methods in the `impl` blocks of a type, in the given files.
fn public_methods(files: &[&str], of: &str) -> Vec<String> {
    let mut names = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(format!("{}/src/store/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        for block in text.split("\nimpl").skip(1) {
            let header = block.lines().next().unwrap();
            if header.split_whitespace().any(|word| word == of) {
                names.extend(
                    block.split("    pub fn ").skip(1).map(|rest| rest.split(['(', '<']).next().unwrap().to_owned()),
                );
            }
        }
    }
    names.sort();
    names
}

#[test]
fn a_typed_store_has_each_method_of_the_plain_store() {
    let files = [
        "bulk.rs",
        "delete.rs",
        "handle.rs",
        "read.rs",
        "scan.rs",
        "schema.rs",
        "write.rs",
        "owner.rs",
        "update.rs",
        "../store.rs",
    ];
    let mut plain = public_methods(&files, "DurableStore");
    plain.retain(|name| !["new"].contains(&name.as_str()));
    let mut typed = public_methods(&["typed.rs"], "TypedStore<M>");
    typed.retain(|name| name != "store");
    assert_eq!(typed, plain);
    assert!(plain.len() > 15, "{plain:?}");
    let scans = ["page_size", "resume_from", "resume_token"];
    assert_eq!(public_methods(&["scan.rs"], "States"), scans);
    assert_eq!(public_methods(&["typed/states.rs"], "TypedStates<M>"), scans);
}

//! The write mode is recorded with the table, for all its writers.

use std::thread;

use durable_store::{
    Config, DurableStore, Error, ErrorKind, Layout, Replication, SchemaOptions,
    WriteCondition::{IfAbsent, IfVersion},
    WriteMode,
};

use crate::harness::{Keyspace, RawRow, account, versioned};

const TOKEN: &str = "durable_store:write_mode=versioned";

fn by_id() -> SchemaOptions {
    SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById)
}

fn comment(keyspace: &Keyspace) -> String {
    let select = "SELECT comment FROM system_schema.tables WHERE table_name = 'states_store' AND keyspace_name";
    keyspace.cql(&format!("{select} = '{}'", keyspace.name())).text(0, 0).unwrap_or_default()
}

fn set_comment(keyspace: &Keyspace, comment: &str) {
    keyspace.cql(&format!("ALTER TABLE {{table}} WITH comment = '{}'", comment.replace('\'', "''")));
}

/// The two stores, each with what its mode is called.
fn stores(keyspace: &Keyspace) -> [(DurableStore, &'static str); 2] {
    [(keyspace.store(), "last_write_wins"), (keyspace.store_with(versioned), "versioned")]
}

#[track_caller]
fn assert_refused(error: &Error, operation: &str) {
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, Some(operation)), "{error}");
    assert!(error.to_string().contains("write_mode: "), "{error}");
    assert!(!error.is_retryable() && !error.is_indeterminate(), "{error}");
}

/// Whether the table has the column that records the mode.
fn has_column(keyspace: &Keyspace) -> bool {
    let select = "SELECT type FROM system_schema.columns WHERE table_name = 'states_store' AND \
                  column_name = 'owner_epoch' AND keyspace_name";
    keyspace.cql(&format!("{select} = '{}'", keyspace.name())).text(0, 0).as_deref() == Some("bigint")
}

/// A table as earlier versions of the library made it: only its comment names the mode.
fn with_the_comment_alone() -> Keyspace {
    let keyspace = Keyspace::with_table(Layout::ById);
    set_comment(&keyspace, TOKEN);
    keyspace
}

#[test]
fn the_mode_is_recorded_by_a_column_and_named_in_the_comment() {
    let plain = Keyspace::with_table(Layout::ById);
    assert_eq!((has_column(&plain), comment(&plain)), (false, String::new()));
    let versioned = Keyspace::versioned();
    assert_eq!((has_column(&versioned), comment(&versioned)), (true, TOKEN.to_owned()));
}

#[test]
fn another_mode_is_refused_until_its_advice_is_run() {
    let keyspace = Keyspace::with_table(Layout::ById);
    set_comment(&keyspace, "it's \"ours\", 50 % ü");
    for _ in 0..2 {
        let [plain, versioned] = stores(&keyspace);
        for (fits, other) in [(&plain, &versioned), (&versioned, &plain)] {
            fits.0.connect().unwrap();
            fits.0.disconnect().unwrap();
            for (operation, error) in
                [("connect", other.0.connect().unwrap_err()), ("ping", other.0.ping().unwrap_err())]
            {
                assert_refused(&error, operation);
                assert!(error.to_string().contains(&format!("it is {}", other.1)), "{error}");
                assert!(error.to_string().contains("column owner_epoch"), "{error}");
            }
            run_what_it_says(&keyspace, &other.0);
            other.0.connect().unwrap();
            other.0.write_state(&account(other.1, 1, 1)).unwrap();
            other.0.disconnect().unwrap();
            assert_refused(&fits.0.connect().unwrap_err(), "connect");
        }
    }
    assert_eq!(comment(&keyspace), "it's \"ours\", 50 % ü");
}

#[track_caller]
fn run_what_it_says(keyspace: &Keyspace, refused: &DurableStore) {
    let text = refused.connect().unwrap_err().to_string();
    let (_, advice) = text.split_once(" with: ").expect("statements");
    advice.split("; ").for_each(|statement| drop(keyspace.cql(statement)));
}

#[test]
fn no_comment_lets_plain_writes_into_a_versioned_table() {
    let keyspace = Keyspace::versioned();
    let [plain, versioned] = stores(&keyspace);
    versioned.0.connect().unwrap();
    versioned.0.write_state(&account("account-42", 40, 1)).unwrap();
    for words in ["", "ours", "durable_store:write_mode=last_write_wins", "durable_store:write_mode=quorum_of_cats"] {
        set_comment(&keyspace, words);
        assert_refused(&plain.0.connect().unwrap_err(), "connect");
        assert_refused(&plain.0.create_schema(&by_id()).unwrap_err(), "create_schema");
        versioned.0.disconnect().unwrap();
        versioned.0.connect().unwrap();
        assert_eq!(comment(&keyspace), words);
    }
    assert_eq!(versioned.0.get_latest_state("account-42").unwrap().unwrap().version_number, 40);
}

/// As after a restore: the columns in another order, no comment, other options.
#[test]
fn a_versioned_table_made_by_hand_refuses_plain_writes() {
    let keyspace = Keyspace::empty();
    keyspace.cql(
        "CREATE TABLE {table} (owner_epoch bigint, shard_number bigint, timestamp bigint, state_manifest text, \
         state_payload blob, version_number bigint, persistence_id text PRIMARY KEY) \
         WITH gc_grace_seconds = 3600 AND compaction = {'class': 'LeveledCompactionStrategy'}",
    );
    let [plain, versioned] = stores(&keyspace);
    assert_refused(&plain.0.connect().unwrap_err(), "connect");
    versioned.0.connect().unwrap();
    versioned.0.write_state_if(&account("account-42", 1, 1), IfAbsent).unwrap();
}

#[test]
fn a_column_of_another_type_is_no_record() {
    let keyspace = Keyspace::with_table(Layout::ById);
    keyspace.cql("ALTER TABLE {table} ADD owner_epoch text");
    for (store, _) in stores(&keyspace) {
        let error = store.connect().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Schema);
        assert!(error.to_string().contains("owner_epoch"), "{error}");
    }
}

#[test]
fn a_table_with_the_comment_alone_is_upgraded_with_its_states() {
    let keyspace = with_the_comment_alone();
    let raw = RawRow { version_number: Some(40), ..RawRow::of("account-42") };
    keyspace.insert(&raw);
    for (store, _) in stores(&keyspace) {
        let error = store.connect().unwrap_err();
        assert_refused(&error, "connect");
        let statement = format!("ALTER TABLE \"{}\".\"states_store\" ADD owner_epoch bigint", keyspace.name());
        assert!(error.to_string().ends_with(&format!("upgrade it with: {statement}")), "{error}");
        assert_refused(&store.create_schema(&by_id()).unwrap_err(), "create_schema");
    }
    let [plain, versioned] = stores(&keyspace);
    run_what_it_says(&keyspace, &versioned.0);
    assert_refused(&plain.0.connect().unwrap_err(), "connect");
    versioned.0.connect().unwrap();
    assert_eq!(versioned.0.get_latest_state("account-42").unwrap().unwrap().version_number, 40);
    assert_eq!(versioned.0.write_state(&account("account-42", 39, 1)).unwrap_err().stored_version(), Some(40));
    versioned.0.write_state_if(&account("account-42", 41, 1), IfVersion(40)).unwrap();
}

#[test]
fn a_mode_of_a_later_version_is_refused_by_name() {
    let keyspace = Keyspace::with_table(Layout::ById);
    set_comment(&keyspace, "durable_store:write_mode=quorum_of_cats");
    for (store, _) in stores(&keyspace) {
        let error = store.connect().unwrap_err();
        assert_refused(&error, "connect");
        assert!(error.to_string().contains("quorum_of_cats"), "{error}");
    }
}

#[test]
fn making_the_schema_converts_a_table_without_states() {
    let keyspace = Keyspace::with_table(Layout::ById);
    set_comment(&keyspace, "ours");
    for (store, recorded) in [
        (keyspace.store_with(versioned), format!("ours {TOKEN}")),
        (keyspace.store(), "ours".to_owned()),
        (keyspace.store_with(versioned), format!("ours {TOKEN}")),
    ] {
        store.create_schema(&by_id()).unwrap();
        assert_eq!((has_column(&keyspace), comment(&keyspace)), (recorded != "ours", recorded));
        store.connect().unwrap();
        // States that were there once do not count.
        store.write_state(&account("account-42", 1, 1)).unwrap();
        store.delete_state("account-42").unwrap();
        if store.config().write_mode() == WriteMode::Versioned {
            store.forget_state("account-42").unwrap();
        }
        store.create_schema(&by_id()).unwrap();
    }
}

#[test]
fn eight_creators_convert_a_table_at_once() {
    let keyspace = Keyspace::with_table(Layout::ById);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| keyspace.store_with(versioned).create_schema(&by_id()).unwrap());
        }
    });
    assert!(has_column(&keyspace));
    keyspace.connected_with(versioned).write_state(&account("account-42", 1, 1)).unwrap();
}

#[test]
fn making_the_schema_leaves_a_table_with_states_in_its_mode() {
    for keyspace in [Keyspace::with_table(Layout::ById), Keyspace::versioned()] {
        let recorded = comment(&keyspace);
        let mut stores = stores(&keyspace);
        if !recorded.is_empty() {
            stores.reverse();
        }
        let [(fits, _), (other, _)] = stores;
        fits.connect().unwrap();
        fits.write_state(&account("account-42", 1, 1)).unwrap();
        let error = other.create_schema(&by_id()).unwrap_err();
        assert_refused(&error, "create_schema");
        assert!(error.to_string().contains("ALTER TABLE"), "{error}");
        assert_eq!(comment(&keyspace), recorded);
        assert!(fits.get_latest_state("account-42").unwrap().is_some());
        fits.create_schema(&by_id()).unwrap();
    }
}

#[test]
fn versioned_needs_a_table_keyed_by_id() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.store_with(versioned);
    let before = keyspace.catalog();
    for (operation, outcome) in
        [("connect", store.connect()), ("create_schema", store.create_schema(&by_id().layout(Layout::ByShard)))]
    {
        let error = outcome.unwrap_err();
        assert_refused(&error, operation);
        assert!(error.to_string().contains("keyed by shard"), "{error}");
    }
    // The column does not help.
    keyspace.cql("ALTER TABLE {table} ADD owner_epoch bigint");
    assert_refused(&store.connect().unwrap_err(), "connect");
    assert_eq!(keyspace.catalog(), before);

    let unmade = Keyspace::unmade();
    let error = unmade.store_with(versioned).create_schema(&by_id().layout(Layout::ByShard)).unwrap_err();
    assert_refused(&error, "create_schema");
    assert!(unmade.catalog().iter().all(|rows| rows.rows.is_empty()));
}

#[test]
fn the_cql_for_a_person_records_the_mode() {
    let keyspace = Keyspace::empty();
    let store = keyspace.store_with(versioned);
    for statement in store.schema_cql(&by_id()).split(";\n").filter(|statement| !statement.trim().is_empty()) {
        keyspace.cql(statement);
    }
    assert_eq!(comment(&keyspace), TOKEN);
    store.connect().unwrap();
}

#[test]
fn conditional_calls_need_the_versioned_mode() {
    let keyspace = Keyspace::with_table(Layout::ById);
    // Connected or not: nothing is asked of the server.
    for store in [keyspace.store(), keyspace.connected()] {
        for condition in [IfAbsent, IfVersion(1)] {
            let error = store.write_state_if(&account("account-42", 2, 1), condition).unwrap_err();
            assert_refused(&error, "write_state_if");
            assert_eq!(error.persistence_id(), Some("account-42"));
        }
        let error = store.delete_state_if_version("account-42", 1).unwrap_err();
        assert_refused(&error, "delete_state_if_version");
    }
    assert_eq!(keyspace.rows(), []);
}

#[test]
fn the_mode_is_a_setting_like_every_other() {
    let keyspace = Keyspace::versioned();
    let builder = keyspace.config().build().unwrap();
    let (host, port) = (&builder.contact_points()[0], builder.port());
    let text = format!("cassandra://{host}:{port}/{}?write_mode=versioned", keyspace.name());
    let config: Config = text.parse().unwrap();
    assert_eq!(config.write_mode(), WriteMode::Versioned);
    let store = DurableStore::new(config);
    store.connect().unwrap();
    store.write_state_if(&account("account-42", 1, 1), IfAbsent).unwrap();
}

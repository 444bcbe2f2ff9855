//! The write mode is recorded with the table, for all its writers.

use durable_store::{
    Config, DurableStore, Error, ErrorKind, Layout, Replication, SchemaOptions,
    WriteCondition::{IfAbsent, IfVersion},
    WriteMode,
};

use crate::harness::{Keyspace, account, versioned};

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

#[test]
fn the_mode_is_a_token_in_the_comment() {
    assert_eq!(comment(&Keyspace::with_table(Layout::ById)), "");
    assert_eq!(comment(&Keyspace::versioned()), TOKEN);
}

#[test]
fn another_mode_is_refused_until_its_advice_is_run() {
    let keyspace = Keyspace::with_table(Layout::ById);
    for (without, with) in [
        ("", TOKEN.to_owned()),
        ("it's \"ours\", 50 % ü", format!("it's \"ours\", 50 % ü {TOKEN}")),
        ("a  b", format!("a  b {TOKEN}")),
        ("one\ntwo", format!("one\ntwo {TOKEN}")),
    ] {
        let [plain, versioned] = stores(&keyspace);
        for (recorded, fits, other, left) in
            [(without, &plain, &versioned, with.as_str()), (with.as_str(), &versioned, &plain, without)]
        {
            set_comment(&keyspace, recorded);
            fits.0.connect().unwrap();
            fits.0.disconnect().unwrap();
            for (operation, error) in
                [("connect", other.0.connect().unwrap_err()), ("ping", other.0.ping().unwrap_err())]
            {
                assert_refused(&error, operation);
                assert!(error.to_string().contains(&format!("is {}", other.1)), "{error}");
                assert!(error.to_string().contains(&format!("recorded as {}", fits.1)), "{error}");
            }
            run_what_it_says(&keyspace, &other.0);
            assert_eq!(comment(&keyspace), left);
            other.0.connect().unwrap();
            other.0.write_state(&account(&format!("account-{left}"), 1, 1)).unwrap();
            other.0.disconnect().unwrap();
            assert_refused(&fits.0.connect().unwrap_err(), "connect");
        }
    }
}

#[track_caller]
fn run_what_it_says(keyspace: &Keyspace, refused: &DurableStore) {
    let text = refused.connect().unwrap_err().to_string();
    keyspace.cql(text.split_once("this statement changes the record: ").expect("a statement").1);
}

/// Comments are written by people, on several lines too.
#[test]
fn the_token_is_found_and_replaced_wherever_it_stands() {
    let keyspace = Keyspace::with_table(Layout::ById);
    for (found, left) in [
        (format!("{TOKEN} and more"), "and more"),
        (format!("one\n{TOKEN}"), "one"),
        (format!("one\n{TOKEN}\ntwo"), "one\ntwo"),
        (format!("one\t{TOKEN}\ttwo"), "one\ttwo"),
    ] {
        set_comment(&keyspace, &found);
        keyspace.store_with(versioned).connect().unwrap();
        run_what_it_says(&keyspace, &keyspace.store());
        keyspace.store().connect().unwrap();
        assert_eq!(comment(&keyspace), left, "{found:?}");
    }
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
        assert_eq!(comment(&keyspace), recorded);
        store.connect().unwrap();
        // States that were there once do not count.
        store.write_state(&account("account-42", 1, 1)).unwrap();
        store.delete_state("account-42").unwrap();
        store.create_schema(&by_id()).unwrap();
    }
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
    // What is recorded does not help.
    set_comment(&keyspace, TOKEN);
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

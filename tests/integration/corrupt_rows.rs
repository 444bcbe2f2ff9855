//! Rows that cannot be read are an error, never "no state"; rows with nothing but their key are no state.

use durable_store::{DurableStore, ErrorKind, Layout, StateKey, prost_types::Any};

use crate::harness::{BOTH_LAYOUTS, Keyspace, RawRow, account};

/// Reading `key` fails because of this column.
#[track_caller]
fn assert_corrupt<'k>(store: &DurableStore, key: impl Into<StateKey<'k>>, column: &str) {
    let key = key.into();
    let error = store.get_latest_state(key).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert_eq!((error.operation(), error.persistence_id()), (Some("get_latest_state"), Some(key.persistence_id())));
    assert!(error.to_string().contains(&format!("column {column} ")), "{error}");
    assert!(!error.is_retryable() && !error.is_indeterminate());
}

#[test]
fn what_cannot_be_read_is_an_error_naming_id_and_column() {
    let manifest = |text: &str| Some(text.to_owned());
    let cases = [
        ("version_number", RawRow { version_number: None, ..RawRow::of("no version") }),
        (
            "version_number",
            RawRow { version_number: None, state_manifest: None, timestamp: Some(0), ..RawRow::of("time") },
        ),
        ("state_manifest", RawRow { state_manifest: None, ..RawRow::of("no manifest") }),
        ("state_manifest", RawRow { state_manifest: manifest(""), ..RawRow::of("empty manifest") }),
        ("state_manifest", RawRow { state_manifest: manifest("no name"), ..RawRow::of("manifest is no name") }),
        ("state_manifest", RawRow { state_manifest: manifest("type.googleapis.com/a.B"), ..RawRow::of("type URL") }),
        ("state_payload", RawRow { state_payload: Some(b"\xff".into()), ..RawRow::of("broken Any") }),
        ("state_payload", RawRow { state_payload: Some(b"\x0a\x05abc".into()), ..RawRow::of("cut-off Any") }),
        ("state_payload", RawRow { state_manifest: manifest("bank.AccountState"), ..RawRow::of("no message") }),
    ];
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        for (column, row) in &cases {
            keyspace.insert(row);
            assert_corrupt(&store, &row.persistence_id, column);
            assert_corrupt(&store, (0, &row.persistence_id), column);
            // A good write heals it.
            let state = account(&row.persistence_id, 1, 4200);
            store.write_state(&state).unwrap();
            assert_eq!(store.get_latest_state(&row.persistence_id).unwrap(), Some(state), "{layout:?}");
        }
    }
}

#[test]
fn a_row_with_nothing_but_its_key_is_absent() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        let shard_number = if layout == Layout::ByShard { Some(0) } else { None };
        keyspace.insert(&RawRow { shard_number, ..RawRow::key("account-42") });
        assert_eq!(keyspace.rows().len(), 1);
        assert_eq!(store.get_latest_state("account-42").unwrap(), None, "{layout:?}");
        assert_eq!(store.get_latest_state((0, "account-42")).unwrap(), None, "{layout:?}");

        // The least that is a state: timestamp and payload may be null.
        keyspace.insert(&RawRow { shard_number, ..RawRow::of("account-42") });
        let state = store.get_latest_state("account-42").unwrap().unwrap();
        assert_eq!((state.version_number, state.timestamp, state.shard), (1, 0, 0), "{layout:?}");
        assert_eq!(state.resulting_state, Some(Any::default()), "{layout:?}");
    }
}

#[test]
fn on_a_table_keyed_by_id_a_shard_alone_is_half_a_row() {
    let keyspace = Keyspace::with_table(Layout::ById);
    keyspace.insert(&RawRow::key("account-42"));
    assert_corrupt(&keyspace.connected(), "account-42", "version_number");
}

#[test]
fn among_several_shards_only_what_decides_must_be_readable() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let store = keyspace.connected();
    let unreadable = |version_number, shard| RawRow {
        version_number,
        state_manifest: Some("no name".into()),
        shard_number: Some(shard),
        ..RawRow::of("account-42")
    };
    let newest = account("account-42", 5, 1).with_shard(1);
    store.write_state(&newest).unwrap();

    // Older ones, and one with nothing but its key, do not hide it.
    keyspace.insert(&unreadable(Some(4), 0));
    keyspace.insert(&unreadable(Some(4), 2));
    keyspace.insert(&RawRow { shard_number: Some(3), ..RawRow::key("account-42") });
    assert_eq!(store.get_latest_state("account-42").unwrap().as_ref(), Some(&newest));

    // A newer one is the answer, and cannot be read.
    keyspace.insert(&unreadable(Some(6), 4));
    assert_corrupt(&store, "account-42", "state_manifest");

    // One without a version may be newer: nobody can say.
    keyspace.insert(&unreadable(None, 4));
    assert_corrupt(&store, "account-42", "version_number");
    assert_eq!(store.get_latest_state((1, "account-42")).unwrap(), Some(newest));
}

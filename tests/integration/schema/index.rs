//! The index that reads by id go through on a table keyed by shard.

use durable_store::{ErrorKind, Replication, SchemaOptions};

use crate::harness::{Keyspace, account, eventually};

fn one_copy() -> SchemaOptions {
    SchemaOptions::new(Replication::Simple(1))
}

#[test]
fn without_the_index_only_reads_by_id_fail() {
    let keyspace = Keyspace::with_schema(&one_copy().index(false));
    let store = keyspace.connected();
    let state = account("account-42", 1, 4200).with_shard(7);
    store.write_state(&state).unwrap();
    assert_eq!(store.get_latest_state((7, "account-42")).unwrap().as_ref(), Some(&state));

    let error = store.get_latest_state("account-42").unwrap_err();
    assert_eq!((error.kind(), error.persistence_id()), (ErrorKind::Schema, Some("account-42")), "{error}");
    for way_out in ["CREATE INDEX", "`sharding`", "(shard, id)"] {
        assert!(error.to_string().contains(way_out), "{way_out} is not in: {error}");
    }

    keyspace.cql("CREATE INDEX ON {table} (persistence_id)");
    eventually("the index answers", || store.get_latest_state("account-42").is_ok());
    assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state));
}

#[test]
fn any_kind_is_accepted_under_any_name() {
    for kind in ["sai", "legacy_local_table"] {
        let keyspace = Keyspace::with_schema(&one_copy().index(false));
        keyspace.cql(&format!("CREATE INDEX by_whom ON {{table}} (persistence_id) USING '{kind}'"));
        keyspace.store().create_schema(&one_copy()).unwrap();
        assert_eq!(keyspace.indexes(), ["by_whom"], "a second index was made");

        let store = keyspace.connected();
        for (version, shard) in [(1, 7), (3, 8), (2, 9)] {
            store.write_state(&account("account-42", version, 1).with_shard(shard)).unwrap();
        }
        let newest = store.get_latest_state("account-42").unwrap().unwrap();
        assert_eq!((newest.version_number, newest.shard), (3, 8), "{kind}");
    }
}

#[test]
fn an_index_on_another_column_does_not_count() {
    let keyspace = Keyspace::with_schema(&one_copy().index(false));
    keyspace.cql("CREATE INDEX ON {table} (state_manifest)");
    keyspace.store().create_schema(&one_copy()).unwrap();
    assert_eq!(keyspace.indexes(), ["states_store_persistence_id_idx", "states_store_state_manifest_idx"]);
}

#[test]
fn its_name_on_another_table_is_an_error_and_not_a_silent_no() {
    let keyspace = Keyspace::with_schema(&one_copy().index(false));
    let other = format!("{}.other", keyspace.name());
    keyspace.cql(&format!("CREATE TABLE {other} (id int PRIMARY KEY, persistence_id text)"));
    keyspace.cql(&format!("CREATE INDEX states_store_persistence_id_idx ON {other} (persistence_id)"));
    let error = keyspace.store().create_schema(&one_copy()).unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Schema, Some("create_schema")), "{error}");
    for part in [keyspace.name(), "name is taken", "CREATE INDEX"] {
        assert!(error.to_string().contains(part), "{part} is not in: {error}");
    }

    // The way out that it names.
    keyspace.cql("CREATE INDEX by_whom ON {table} (persistence_id)");
    keyspace.store().create_schema(&one_copy()).unwrap();
}

//! Every store of this crate keeps to the contract, on a table that others use at the same time.

use std::thread;

use durable_store::{Layout, MemoryStore, PayloadFormat, Replication, SchemaOptions, Sharding, WriteMode, conformance};

use crate::harness::Keyspace;

#[test]
fn the_store_in_memory_keeps_it() {
    conformance::check(&conformance::state_store(), &MemoryStore::new()).unwrap();
    conformance::check(&conformance::versioned_state_store(), &MemoryStore::versioned()).unwrap();
}

#[test]
fn a_table_keyed_by_shard_keeps_it() {
    assert_last_write_wins(Layout::ByShard);
}

#[test]
fn a_table_keyed_by_id_keeps_it() {
    assert_last_write_wins(Layout::ById);
}

#[test]
fn a_table_in_versioned_mode_keeps_it() {
    let keyspace = Keyspace::unmade();
    let store = || keyspace.store_with(|config| config.write_mode(WriteMode::Versioned));
    store().create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById)).unwrap();
    let stores = [store(), store()];
    thread::scope(|scope| {
        for store in &stores {
            scope.spawn(|| conformance::check(&conformance::versioned_state_store(), store).unwrap());
        }
    });
}

#[test]
fn a_table_of_one_shard_conforms_without_an_index() {
    let keyspace = Keyspace::with_schema(&SchemaOptions::new(Replication::Simple(1)).index(false));
    let store = keyspace.store_with(|config| config.sharding(Sharding::Fixed(0)));
    let (other_shards, in_shard_0): (Vec<_>, Vec<_>) =
        conformance::state_store().into_iter().partition(|case| case.name() == "every_shard_is_kept");
    conformance::check(&in_shard_0, &store).unwrap();
    let refused = conformance::check(&other_shards, &store).unwrap_err();
    assert!(refused.to_string().contains("InvalidState"), "{refused}");
}

/// Two stores keep it at once on one table, each writing another form of payload.
#[track_caller]
fn assert_last_write_wins(layout: Layout) {
    let keyspace = Keyspace::with_table(layout);
    thread::scope(|scope| {
        for format in [PayloadFormat::Any, PayloadFormat::Message] {
            let store = keyspace.store_with(|config| config.payload_format(format));
            scope.spawn(move || conformance::check(&conformance::state_store(), &store).unwrap());
        }
    });
}

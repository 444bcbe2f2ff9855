//! Every store of this crate keeps to the contract, on a table that others use at the same time.

use std::thread;

use durable_store::{
    DurableState, DurableStore, Error, Layout, MemoryStore, OwnedStateStore, PayloadFormat, Replication, Result,
    SchemaOptions, Sharding, StateStore, VersionedStateStore, WriteCondition, conformance,
};

use crate::harness::{Keyspace, owned, versioned};

#[test]
fn the_store_in_memory_keeps_it() {
    conformance::check(&conformance::state_store(), &MemoryStore::new()).unwrap();
    conformance::check(&conformance::versioned_state_store(), &MemoryStore::versioned()).unwrap();
    let owned = MemoryStore::owned();
    conformance::check(&conformance::owned_state_stores(), &[&owned as &dyn OwnedStateStore, &owned.another()])
        .unwrap();
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
    let keyspace = Keyspace::versioned();
    let store = || keyspace.store_with(versioned);
    let stores = [store(), store()];
    thread::scope(|scope| {
        for store in &stores {
            scope.spawn(|| conformance::check(&conformance::versioned_state_store(), store).unwrap());
        }
    });
}

#[test]
fn a_table_in_mode_owned_keeps_it() {
    let keyspace = Keyspace::versioned();
    let store = || keyspace.store_with(owned);
    let pairs = [[store(), store()], [store(), store()]];
    thread::scope(|scope| {
        for [first, second] in &pairs {
            scope.spawn(move || {
                let pair: [&dyn OwnedStateStore; 2] = [first, second];
                conformance::check(&conformance::owned_state_stores(), &pair).unwrap();
            });
        }
        // An owner keeps the promises of versioned mode, and a versioned store beside owners does.
        scope.spawn(|| conformance::check(&conformance::versioned_state_store(), &Claiming(store())).unwrap());
        let beside = keyspace.store_with(versioned);
        scope.spawn(move || conformance::check(&conformance::versioned_state_store(), &beside).unwrap());
    });
}

/// A store that claims each entity before it first writes it.
struct Claiming(DurableStore);

impl Claiming {
    fn claimed(&self, id: &str, operation: &'static str, call: impl Fn() -> Result<()>) -> Result<()> {
        match call() {
            Err(error) if error.to_string().contains("has not claimed the entity") => {
                let claimed = self.0.get_latest_state(id);
                claimed
                    .map_err(|error| Error::new(error.kind(), error.to_string()).with_operation(operation, Some(id)))?;
                call()
            }
            outcome => outcome,
        }
    }
}

impl StateStore for Claiming {
    fn connect(&self) -> Result<()> {
        self.0.connect()
    }

    fn disconnect(&self) -> Result<()> {
        self.0.disconnect()
    }

    fn ping(&self) -> Result<()> {
        self.0.ping()
    }

    fn write_state(&self, state: &DurableState) -> Result<()> {
        self.claimed(&state.persistence_id, "write_state", || self.0.write_state(state))
    }

    fn get_latest_state(&self, persistence_id: &str) -> Result<Option<DurableState>> {
        self.0.get_latest_state(persistence_id)
    }
}

impl VersionedStateStore for Claiming {
    fn write_state_if(&self, state: &DurableState, condition: WriteCondition) -> Result<()> {
        self.claimed(&state.persistence_id, "write_state_if", || self.0.write_state_if(state, condition))
    }

    fn delete_state_if_version(&self, persistence_id: &str, version_number: u64) -> Result<()> {
        let delete = || self.0.delete_state_if_version(persistence_id, version_number);
        self.claimed(persistence_id, "delete_state_if_version", delete)
    }
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

//! Random sequences of operations have the same results on a table as in memory.
//!
//! `PROPTEST_RNG_SEED` repeats the sequences of a failed test, which prints it.

use std::{
    env,
    sync::atomic::{AtomicU32, Ordering},
};

use durable_store::{
    DurableState, DurableStore, Error, ErrorKind, Layout, MemoryStore, OwnedStateStore, Replication, Result,
    SchemaOptions, Sharding, StateStore, WriteCondition, prost_types::Any,
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngSeed, TestRunner},
};

use crate::harness::{Keyspace, any_of, owned, versioned};

const LONGEST_SEQUENCE: usize = 30;

/// Those of one sequence; the last is no id at all.
const ENTITIES: usize = 4;

#[derive(Clone, Debug)]
enum Operation {
    Write(Draft),
    WriteIf(Draft, WriteCondition),
    Read(usize),
    Delete(usize),
    DeleteIfVersion(usize, u64),
    Forget(usize),
    Release(usize),
    Update(Draft),
}

/// A state but for the id.
#[derive(Clone, Debug)]
struct Draft {
    entity: usize,
    version_number: u64,
    resulting_state: Option<Any>,
    timestamp: i64,
}

/// What a caller sees of an operation.
#[derive(Debug, PartialEq)]
enum Seen {
    Done,
    State(Option<DurableState>),
    Refused {
        kind: ErrorKind,
        operation: Option<&'static str>,
        persistence_id: Option<String>,
        stored_version: Option<u64>,
        is_indeterminate: bool,
    },
}

impl From<Error> for Seen {
    fn from(error: Error) -> Self {
        Self::Refused {
            kind: error.kind(),
            operation: error.operation(),
            persistence_id: error.persistence_id().map(str::to_owned),
            stored_version: error.stored_version(),
            is_indeterminate: error.is_indeterminate(),
        }
    }
}

/// Deletes any state, which is no part of the traits.
trait Store: OwnedStateStore {
    fn delete(&self, persistence_id: &str) -> Result<()>;
}

impl Store for DurableStore {
    fn delete(&self, persistence_id: &str) -> Result<()> {
        self.delete_state(persistence_id)
    }
}

impl Store for MemoryStore {
    fn delete(&self, persistence_id: &str) -> Result<()> {
        self.delete_state(persistence_id)
    }
}

/// An operation, and which of two stores on the same states makes it.
#[derive(Clone, Debug)]
struct Step {
    store: usize,
    operation: Operation,
}

impl Operation {
    fn run(&self, store: &dyn Store, ids: &[String; ENTITIES]) -> Seen {
        let done = match self {
            Self::Read(entity) => return store.get_latest_state(&ids[*entity]).map_or_else(Seen::from, Seen::State),
            Self::Write(draft) => store.write_state(&draft.state(ids)),
            Self::WriteIf(draft, condition) => store.write_state_if(&draft.state(ids), *condition),
            Self::Delete(entity) => store.delete(&ids[*entity]),
            Self::DeleteIfVersion(entity, version) => store.delete_state_if_version(&ids[*entity], *version),
            Self::Forget(entity) => store.forget_state(&ids[*entity]),
            Self::Release(entity) => {
                store.release(&ids[*entity]);
                Ok(())
            }
            Self::Update(draft) => {
                let new = draft.state(ids);
                let updated = store.update(&ids[draft.entity], &mut |_| Ok(Some(new.clone())));
                return updated.map_or_else(Seen::from, Seen::State);
            }
        };
        done.map_or_else(Seen::from, |()| Seen::Done)
    }
}

impl Draft {
    fn state(&self, ids: &[String; ENTITIES]) -> DurableState {
        let persistence_id = ids[self.entity].clone();
        DurableState {
            shard: shard_of(&persistence_id),
            persistence_id,
            version_number: self.version_number,
            resulting_state: self.resulting_state.clone(),
            timestamp: self.timestamp,
        }
    }
}

fn shard_of(persistence_id: &str) -> u64 {
    persistence_id.bytes().last().map_or(0, u64::from)
}

/// Ids that no other sequence uses.
fn new_ids() -> [String; ENTITIES] {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let sequence = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = |entity| if entity + 1 < ENTITIES { format!("{sequence}/account-{entity}") } else { String::new() };
    std::array::from_fn(id)
}

fn entities() -> impl Strategy<Value = usize> {
    prop_oneof![40 => 0..ENTITIES - 1, 1 => Just(ENTITIES - 1)]
}

/// Few, so that they meet, and those at which comparing bigints as signed numbers begins to matter.
fn versions() -> impl Strategy<Value = u64> {
    prop_oneof![20 => 0_u64..4, 1 => Just(u64::MAX >> 1), 1 => Just(1 << 63), 1 => Just(u64::MAX)]
}

fn resulting_states() -> impl Strategy<Value = Option<Any>> {
    let type_urls = prop_oneof![Just("type.googleapis.com/bank.Account"), Just("example.com/bank.Account"), Just("")];
    let values = proptest::collection::vec(any::<u8>(), 0..4);
    proptest::option::of((type_urls, values).prop_map(|(type_url, value)| any_of(type_url, &value)))
}

fn drafts() -> impl Strategy<Value = Draft> {
    (entities(), versions(), resulting_states(), any::<i64>()).prop_map(
        |(entity, version_number, resulting_state, timestamp)| Draft {
            entity,
            version_number,
            resulting_state,
            timestamp,
        },
    )
}

fn sequences() -> impl Strategy<Value = Vec<Step>> {
    let conditions =
        prop_oneof![1 => Just(WriteCondition::IfAbsent), 2 => versions().prop_map(WriteCondition::IfVersion)];
    let operations = prop_oneof![
        3 => drafts().prop_map(Operation::Write),
        3 => (drafts(), conditions).prop_map(|(draft, condition)| Operation::WriteIf(draft, condition)),
        2 => entities().prop_map(Operation::Read),
        1 => entities().prop_map(Operation::Delete),
        1 => (entities(), versions()).prop_map(|(entity, version)| Operation::DeleteIfVersion(entity, version)),
        1 => entities().prop_map(Operation::Forget),
        1 => entities().prop_map(Operation::Release),
        2 => drafts().prop_map(Operation::Update),
    ];
    let steps = (0..2_usize, operations).prop_map(|(store, operation)| Step { store, operation });
    proptest::collection::vec(steps, 1..=LONGEST_SEQUENCE)
}

/// Sequences come to the same on both, operation by operation, and leave the same behind.
#[track_caller]
fn assert_as_in_memory(stores: [DurableStore; 2], in_memory: fn() -> MemoryStore) {
    let cases = if env::var_os("CASSANDRA_TEST_LONG").is_some() { 1_000 } else { 64 };
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 500, ..Config::default() };
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => new_seed(),
    };
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Fixed(seed), ..config });
    let outcome = runner.run(&sequences(), |steps| {
        let (memory, ids) = (in_memory(), new_ids());
        let in_memory = [memory.another(), memory];
        in_memory.iter().for_each(|memory| memory.connect().unwrap());
        let reads = (0..ENTITIES).map(|entity| Step { store: 0, operation: Operation::Read(entity) });
        for (number, Step { store, operation }) in steps.into_iter().chain(reads).enumerate() {
            let in_table = operation.run(&stores[store], &ids);
            let expected = operation.run(&in_memory[store], &ids);
            prop_assert_eq!(in_table, expected, "operation {} by store {}: {:?}", number, store, operation);
        }
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("with PROPTEST_RNG_SEED={seed}: {error}"));
}

fn new_seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

#[test]
fn a_table_keyed_by_id_does_as_memory_does() {
    let keyspace = Keyspace::with_table(Layout::ById);
    assert_as_in_memory([keyspace.connected(), keyspace.connected()], MemoryStore::new);
}

#[test]
fn a_table_keyed_by_shard_does_as_memory_does_through_its_index() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    assert_as_in_memory([keyspace.connected(), keyspace.connected()], MemoryStore::new);
}

#[test]
fn a_table_keyed_by_computed_shard_behaves_like_memory() {
    let keyspace = Keyspace::with_schema(&SchemaOptions::new(Replication::Simple(1)).index(false));
    let store = || keyspace.connected_with(|config| config.sharding(Sharding::by(shard_of)));
    assert_as_in_memory([store(), store()], MemoryStore::new);
}

#[test]
fn a_table_in_versioned_mode_does_as_memory_does() {
    let keyspace = Keyspace::versioned();
    let store = || keyspace.connected_with(versioned);
    assert_as_in_memory([store(), store()], MemoryStore::versioned);
}

#[test]
fn a_table_in_mode_owned_does_as_memory_does() {
    let keyspace = Keyspace::versioned();
    let store = || keyspace.connected_with(owned);
    assert_as_in_memory([store(), store()], MemoryStore::owned);
}

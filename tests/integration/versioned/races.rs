//! Many writers of one entity at once: one of them wins, and no acknowledged write is lost.

use std::{
    collections::HashMap,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use durable_store::{
    DurableState, DurableStore, ErrorKind, Result,
    WriteCondition::{self, IfAbsent, IfVersion},
    prost,
};

use crate::harness::{
    Keyspace, account,
    proxy::{Action, Proxied, opcode},
    versioned,
};

/// More than anything here takes on the slowest machine: what is tested is not how fast a race is.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn exactly_one_of_many_creators_of_an_entity_succeeds() {
    const WRITERS: i64 = 32;
    const ENTITIES: usize = 50;
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(|config| versioned(config).call_timeout(PATIENCE).max_attempts(20));
    let start = Barrier::new(WRITERS as usize);
    let race = |writer| {
        let create = |entity| {
            let state = account(&format!("account-{entity}"), 1, writer);
            start.wait();
            store.write_state_if(&state, IfAbsent)
        };
        (0..ENTITIES).map(create).collect::<Vec<Result<()>>>()
    };
    let outcomes: Vec<Vec<Result<()>>> = thread::scope(|scope| {
        let racers: Vec<_> = (0..WRITERS).map(|writer| scope.spawn(move || race(writer))).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    for entity in 0..ENTITIES {
        let mut winners = Vec::new();
        for (writer, outcomes) in (0..).zip(&outcomes) {
            match &outcomes[entity] {
                Ok(()) => winners.push(writer),
                Err(error) => {
                    assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, Some(1)), "{error}");
                }
            }
        }
        let [winner] = winners[..] else { panic!("{winners:?} all won account-{entity}") };
        let id = format!("account-{entity}");
        let stored = store.get_latest_state(&id).unwrap().unwrap();
        assert_eq!(stored.resulting_state, account(&id, 1, winner).resulting_state, "{id}");
    }
}

const COUNTER: &str = "counter";

/// A number that many add to. For each writer it also says which of its attempts was the last to be applied: whoever
/// writes the next version copies that, so an attempt can be looked up however many versions came after it.
#[derive(Clone, PartialEq, prost::Message)]
struct Counter {
    #[prost(int64, tag = "1")]
    value: i64,
    #[prost(map = "uint32, uint64", tag = "2")]
    last_attempts: HashMap<u32, u64>,
}

impl prost::Name for Counter {
    const PACKAGE: &'static str = "bank";
    const NAME: &'static str = "Counter";
}

/// How often writers met with what they have to deal with.
#[derive(Default)]
struct Met {
    conflicts: AtomicUsize,
    unknown_outcomes: AtomicUsize,
}

/// Adds one to the counter, exactly once, whatever becomes of the answers. `attempt` is a number that this writer has not
/// used before.
///
/// Everything is decided by reading, at the one place where the loop begins:
/// - The attempt is noted in what is stored: it was applied, and must not be made again.
/// - It is not noted: it was not applied yet. One that is still under way has the condition `IfVersion(v)`, as has the
///   next one if the stored version is still `v`: only one of them can be applied, and both note the same attempt. If the
///   version has moved on, the one under way never is.
fn add_one(store: &DurableStore, writer: u32, attempt: u64, met: &Met) -> Result<()> {
    loop {
        let latest = match store.get_latest_state(COUNTER) {
            Err(error) if error.is_retryable() => continue,
            latest => latest?.expect("nobody deletes it"),
        };
        let mut counter: Counter = latest.to_msg()?;
        if counter.last_attempts.get(&writer) == Some(&attempt) {
            return Ok(());
        }
        counter.value += 1;
        counter.last_attempts.insert(writer, attempt);
        let next = DurableState::new(COUNTER, latest.version_number + 1, &counter);
        match store.write_state_if(&next, IfVersion(latest.version_number)) {
            Ok(()) => return Ok(()),
            Err(error) if error.is_indeterminate() => met.unknown_outcomes.fetch_add(1, Ordering::Relaxed),
            Err(error) if error.kind() == ErrorKind::Conflict => met.conflicts.fetch_add(1, Ordering::Relaxed),
            Err(error) if error.is_retryable() => 0,
            Err(error) => return Err(error),
        };
        // Writers that keep colliding are better apart.
        thread::sleep(Duration::from_millis(fastrand::u64(0..20)));
    }
}

const WRITERS: u32 = 16;
const INCREMENTS: u64 = 50;

/// Has all writers add, each on one of these stores, and looks whether every increment is there exactly once.
fn count_on(stores: &[DurableStore]) -> Met {
    let met = Met::default();
    stores[0].write_state_if(&DurableState::new(COUNTER, 0, &Counter::default()), IfAbsent).unwrap();
    thread::scope(|scope| {
        for (writer, store) in (0..WRITERS).zip(stores.iter().cycle()) {
            let met = &met;
            scope.spawn(move || (1..=INCREMENTS).for_each(|attempt| add_one(store, writer, attempt, met).unwrap()));
        }
    });
    let last = stores[0].get_latest_state(COUNTER).unwrap().unwrap();
    let counter: Counter = last.to_msg().unwrap();
    let total = u64::from(WRITERS) * INCREMENTS;
    assert_eq!((counter.value.cast_unsigned(), last.version_number), (total, total));
    assert_eq!(counter.last_attempts, (0..WRITERS).map(|writer| (writer, INCREMENTS)).collect());
    met
}

#[test]
fn increments_of_many_writers_are_all_counted() {
    let keyspace = Keyspace::versioned();
    let met = count_on(&[keyspace.connected_with(versioned)]);
    assert!(met.conflicts.into_inner() > 0, "they were never in each other's way");
}

#[test]
fn increments_count_once_while_connections_are_cut() {
    // Often enough that some hit transactions, and seldom enough that most calls go through.
    const REQUESTS_BETWEEN_CUTS: usize = 80;
    let proxied = Proxied::versioned(|config| config.core_connections_per_host(4));
    // Half of the writers get no second attempt from the store, and so meet more of what they have to settle.
    let address = proxied.proxy.address();
    let hasty = proxied
        .keyspace
        .connected_with(|config| versioned(config).port(address.port()).max_attempts(1).core_connections_per_host(4));
    let mut frames = 0;
    proxied.proxy.hook(move |passing| {
        if passing.request != opcode::EXECUTE {
            return Action::Pass;
        }
        // Requests and answers alternate more or less: an odd number hits both.
        frames += 1;
        if frames % (2 * REQUESTS_BETWEEN_CUTS + 1) == 0 { Action::Close } else { Action::Pass }
    });
    let met = count_on(&[proxied.store.clone(), hasty]);
    assert!(met.unknown_outcomes.into_inner() > 0, "no outcome was ever unknown");
}

/// The conditions of a plain write are tried in turn. What another writer does between two of them is no reason to refuse it.
#[test]
fn a_write_goes_on_while_what_is_stored_admits_it() {
    let proxied = Proxied::versioned(|config| config.max_attempts(1));
    let rival = proxied.keyspace.connected_with(versioned);
    type Meanwhile = fn(&DurableStore, &str);
    let races: [(bool, Option<WriteCondition>, Meanwhile); 4] = [
        (false, None, |rival, id| rival.write_state(&account(id, 1, -1)).unwrap()),
        (true, None, |rival, id| rival.forget_state(id).unwrap()),
        (true, Some(IfAbsent), |rival, id| rival.forget_state(id).unwrap()),
        (true, None, |rival, id| {
            rival.write_state(&account(id, 4, -1)).unwrap();
            rival.delete_state(id).unwrap();
        }),
    ];
    for (case, (is_deleted, condition, meanwhile)) in races.into_iter().enumerate() {
        let id = format!("account-{case}");
        if is_deleted {
            rival.write_state(&account(&id, 3, 1)).unwrap();
            rival.delete_state(&id).unwrap();
        }
        let (other, raced) = (rival.clone(), id.clone());
        let mut requests = 0;
        proxied.proxy.hook(move |passing| {
            requests += usize::from(passing.is_request(opcode::EXECUTE));
            if passing.is_request(opcode::EXECUTE) && requests == 2 {
                meanwhile(&other, &raced);
            }
            Action::Pass
        });
        let state = account(&id, 5, 1);
        let written = match condition {
            Some(condition) => proxied.store.write_state_if(&state, condition),
            None => proxied.store.write_state(&state),
        };
        assert!(written.is_ok(), "{case}: {written:?}");
        proxied.proxy.pass();
        assert_eq!(rival.get_latest_state(&id).unwrap(), Some(state), "{case}");
    }
}

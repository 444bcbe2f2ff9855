//! Many threads that write, read and delete, at a bounded rate, and record every call.

mod bulk;
mod ids;
mod states;
mod worker;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    thread::{Scope, sleep},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use durable_store::{Consistency, DurableStore};
use fastrand::Rng;

use crate::{
    history::{Entry, Id, Recorder, THREADS_PER_STORE},
    options::Mode,
};

pub(crate) use states::SHARD;
use worker::Worker;

/// Of every call. Less than a fault lasts, so that there are calls that fail.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(4);

/// After the load the last reads have this long to succeed.
const PATIENCE: Duration = Duration::from_secs(120);

/// What all threads share.
pub(crate) struct Load<'l> {
    /// In mode owned several, which claim the same ids.
    pub(crate) stores: &'l [DurableStore],
    /// The number of the first of them, among those of all processes.
    first_store: u32,
    pub(crate) recorder: &'l Recorder,
    pub(crate) mode: Mode,
    pub(crate) seed: u64,
    next_versions: Vec<AtomicU64>,
    stopped: AtomicBool,
}

/// Some threads that do the same.
struct Role {
    threads: u32,
    calls_a_second: f64,
    act: fn(&mut Worker<'_>),
}

/// A transaction costs the nodes several times as much as a plain write.
const LAST_WRITE_WINS: [Role; 5] = [
    Role { threads: 6, calls_a_second: 60.0, act: |worker| worker.write() },
    Role { threads: 6, calls_a_second: 60.0, act: |worker| worker.read() },
    Role { threads: 2, calls_a_second: 20.0, act: |worker| worker.delete() },
    Role { threads: 2, calls_a_second: 2.5, act: |worker| worker.write_bulk() },
    Role { threads: 2, calls_a_second: 2.5, act: |worker| worker.read_bulk() },
];
const VERSIONED: [Role; 6] = [
    Role { threads: 6, calls_a_second: 15.0, act: |worker| worker.write() },
    Role { threads: 4, calls_a_second: 15.0, act: |worker| worker.count() },
    Role { threads: 6, calls_a_second: 45.0, act: |worker| worker.read() },
    Role { threads: 2, calls_a_second: 10.0, act: |worker| worker.delete() },
    Role { threads: 1, calls_a_second: 2.0, act: |worker| worker.write_bulk() },
    Role { threads: 2, calls_a_second: 3.0, act: |worker| worker.read_bulk() },
];

/// Half of the writes, and all single reads, claim an id from whichever store has it.
const OWNED: [Role; 6] = [
    Role { threads: 6, calls_a_second: 12.0, act: |worker| worker.write() },
    Role { threads: 3, calls_a_second: 10.0, act: |worker| worker.count() },
    Role { threads: 3, calls_a_second: 10.0, act: |worker| worker.read() },
    Role { threads: 3, calls_a_second: 6.0, act: |worker| worker.delete() },
    Role { threads: 3, calls_a_second: 1.0, act: |worker| worker.write_bulk() },
    Role { threads: 3, calls_a_second: 4.0, act: |worker| worker.read_bulk() },
];

impl<'l> Load<'l> {
    pub(crate) fn new(stores: &'l [DurableStore], recorder: &'l Recorder, mode: Mode, seed: u64) -> Self {
        let next_versions = (0..ids::MOST).map(|_| AtomicU64::new(1)).collect();
        Self { stores, first_store: 0, recorder, mode, seed, next_versions, stopped: AtomicBool::new(false) }
    }

    /// The load of one of several processes, with this number.
    pub(crate) fn of_process(self, process: u32) -> Self {
        Self { first_store: process, ..self }
    }

    pub(crate) fn start<'s>(&'s self, scope: &'s Scope<'s, '_>) {
        let roles: &[Role] = match self.mode {
            Mode::LastWriteWins => &LAST_WRITE_WINS,
            Mode::Versioned => &VERSIONED,
            Mode::Owned => &OWNED,
        };
        let threads = roles.iter().flat_map(|role| (0..role.threads).map(move |_| role));
        // The threads of each role use all stores by turns.
        let stores = (self.first_store..).zip(self.stores).cycle();
        for ((thread, role), (number, store)) in (1..).zip(threads).zip(stores) {
            let rng = Rng::with_seed(self.seed.wrapping_add(u64::from(thread)));
            let worker = Worker::new(self, store, number * THREADS_PER_STORE + thread, rng);
            scope.spawn(move || self.repeat(worker, role));
        }
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Relaxed);
    }

    /// Calls at the rate of the role; what a slow call has kept back is not made up for.
    fn repeat(&self, mut worker: Worker<'_>, role: &Role) {
        let pause = Duration::from_secs_f64(1.0 / role.calls_a_second);
        let mut next = Instant::now() + pause.mul_f64(worker.rng.f64());
        while !self.stopped.load(Relaxed) {
            sleep(next.saturating_duration_since(Instant::now()));
            (role.act)(&mut worker);
            next = (next + pause).max(Instant::now());
        }
    }

    /// A version for a write of the id that no other one has.
    fn next_version(&self, id: Id) -> u64 {
        self.next_versions.get(id.number as usize).map(|next| next.fetch_add(1, Relaxed)).unwrap_or_default()
    }
}

/// Reads every id of a history, when the load is over and all nodes are back, from all replicas.
///
/// # Errors
/// When an id cannot be read for two minutes.
pub(crate) fn read_all(load: &Load<'_>, history: &[Entry]) -> Result<Vec<Entry>> {
    let stores: Vec<_> = load.stores.iter().map(|store| store.with_consistency(Consistency::All)).collect();
    let last = Load {
        stores: &stores,
        recorder: load.recorder,
        next_versions: Vec::new(),
        stopped: AtomicBool::new(false),
        ..*load
    };
    let store = stores.first().context("there is no store")?;
    let worker = Worker::new(&last, store, 0, Rng::with_seed(load.seed));
    let mut left: Vec<Id> = history.iter().map(|call| call.id).collect::<BTreeSet<_>>().into_iter().collect();
    let mut found = Vec::with_capacity(left.len());
    let deadline = Instant::now() + PATIENCE;
    while !left.is_empty() {
        let mut failed = Vec::new();
        for ids in left.chunks(100) {
            for read in worker.get_latest_states(ids) {
                if read.error().is_some() { failed.push(read) } else { found.push(read) }
            }
        }
        left = failed.iter().map(|read| read.id).collect();
        if let Some(read) = failed.first().filter(|_| Instant::now() >= deadline) {
            return Err(anyhow::anyhow!("{read}")).context("an id cannot be read after the load");
        }
    }
    Ok(found)
}

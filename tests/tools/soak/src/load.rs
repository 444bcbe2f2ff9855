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
    history::{Entry, Id, Nanos, Recorder, SECOND, THREADS_PER_STORE},
    options::Mode,
    processes::PROCESSES,
};

pub(crate) use states::SHARD;
use worker::{Worker, call_timeout};

/// Of every call. Less than a fault lasts, so that there are calls that fail.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(4);

/// For how long one process writes an id.
const TURN: Nanos = 15 * SECOND;

/// After the load the last reads have this long to succeed.
const PATIENCE: Duration = Duration::from_secs(120);

/// What all threads share.
pub(crate) struct Load<'l> {
    /// In mode owned several, which claim the same ids.
    pub(crate) stores: &'l [DurableStore],
    /// The number of this process, from 1; 0 if it is the only one.
    process: u32,
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
        Self { stores, process: 0, recorder, mode, seed, next_versions, stopped: AtomicBool::new(false) }
    }

    /// The load of one of several processes, with this number.
    pub(crate) fn of_process(self, process: u32) -> Self {
        Self { process, ..self }
    }

    pub(crate) fn start<'s>(&'s self, scope: &'s Scope<'s, '_>) {
        let roles: &[Role] = match self.mode {
            Mode::LastWriteWins => &LAST_WRITE_WINS,
            Mode::Versioned => &VERSIONED,
            Mode::Owned => &OWNED,
        };
        let threads = roles.iter().flat_map(|role| (0..role.threads).map(move |_| role));
        // The threads of each role use all stores by turns.
        let stores = (self.process..).zip(self.stores).cycle();
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

    /// The id that is written instead of this one. With several processes each id has one that writes it for a time, and
    /// moves to the next process then. `None` while all wait until the calls of the last turn have ended.
    pub(crate) fn in_turn(&self, id: Id) -> Option<Id> {
        if self.process == 0 { Some(id) } else { in_turn(self.process, self.recorder.now(), id) }
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

fn in_turn(process: u32, now: Nanos, id: Id) -> Option<Id> {
    if now % TURN + call_timeout() + SECOND >= TURN {
        return None;
    }
    let turn = u32::try_from(now / TURN).unwrap_or_default();
    let number = id.number / PROCESSES * PROCESSES + (process + turn) % PROCESSES;
    Some(Id { number, ..id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Population;

    #[test]
    fn each_id_has_one_writer_at_a_time_and_moves_to_all() {
        let ids = |process, now| {
            let id = |number| Id { population: Population::Kept, generation: 0, number };
            (0..9).filter_map(|number| in_turn(process, now, id(number))).map(|id| id.number).collect::<BTreeSet<_>>()
        };
        let mut writers_of_4 = BTreeSet::new();
        for turn in 0..3 {
            let begin = turn * TURN;
            let parts: Vec<_> = (1..=PROCESSES).map(|process| ids(process, begin)).collect();
            assert_eq!(parts.iter().flatten().copied().collect::<Vec<_>>().len(), 9);
            assert_eq!(parts.iter().flatten().collect::<BTreeSet<_>>().len(), 9);
            writers_of_4.extend(parts.iter().position(|part| part.contains(&4)));
            assert!(ids(1, begin + TURN - SECOND).is_empty());
        }
        assert_eq!(writers_of_4.len(), 3);
    }
}

//! Histories of a store that is correct by construction, late attempts and all.

use std::collections::HashMap;

use fastrand::Rng;

use crate::{
    history::{Action, Condition, Entry, Id, MILLISECOND, Nanos, Outcome, Population, SECOND, Seen, THREADS_PER_STORE},
    options::Mode,
};

const THREADS: u32 = 5;

/// A version that no write has.
const NOTHING: u64 = u64::MAX;

/// An entity as the simulated store has it.
#[derive(Clone, Copy, Default)]
struct Row {
    /// In mode last-write-wins, of a write or a delete.
    timestamp: (Nanos, usize),
    /// `None` once deleted.
    written: Option<Seen>,
    /// The version at which it was deleted, unless there is a state.
    deleted: u64,
    /// In mode owned: the latest claim.
    owner: usize,
}

/// What a call has learned when it began.
#[derive(Clone, Copy, Default)]
struct Known {
    /// The version that a delete of any version takes away, also when it lands late.
    version: u64,
    /// In mode owned: the claim that its store has.
    claim: Option<usize>,
    /// In mode last-write-wins: its timestamp.
    timestamp: Nanos,
}

/// The simulated store.
#[derive(Default)]
struct Simulated {
    rows: HashMap<Id, Row>,
    known: HashMap<usize, Known>,
    /// In mode owned: the latest claim of each store.
    claims: HashMap<(u32, Id), usize>,
    /// In mode last-write-wins: the latest timestamp that each process has written or read.
    clocks: HashMap<u32, Nanos>,
}

/// How far the clock of a process is ahead of the one before it.
const CLOCKS_APART: Nanos = 45 * MILLISECOND;

/// What happens to a call.
#[derive(Clone, Copy)]
enum Event {
    /// A write or delete under a condition looks at what is stored.
    Begin,
    /// It takes effect; the first time decides what the caller is told.
    Effect { first: bool },
}

/// The calls, and the reads after them. In mode owned of three stores, otherwise of one.
pub(crate) fn history(mode: Mode, seed: u64) -> (Vec<Entry>, Vec<Entry>) {
    history_of(mode, if mode == Mode::Owned { 3 } else { 1 }, seed)
}

/// As [`history`], of so many stores; in mode last-write-wins of as many processes, whose clocks differ.
pub(crate) fn history_of(mode: Mode, stores: u32, seed: u64) -> (Vec<Entry>, Vec<Entry>) {
    let mut rng = Rng::with_seed(seed);
    let count = rng.usize(10..400);
    let mut calls: Vec<Entry> = Vec::new();
    let mut threads = [0; THREADS as usize];
    let mut events = Vec::new();
    for call in 0..count {
        let thread = rng.usize(0..threads.len());
        let begin = threads[thread] + rng.u64(1..=30 * MILLISECOND);
        let end = begin + rng.u64(1..=60 * MILLISECOND);
        threads[thread] = end;
        let entry = entry(mode, call, thread, begin, end, &mut rng);
        let store = thread as u32 % stores;
        calls.push(Entry { thread: store * THREADS_PER_STORE + entry.thread, ..entry });
        let effect = rng.u64(begin..=end);
        let is_unknown = rng.u8(0..6) == 0;
        events.push((begin, call, Event::Begin));
        if is_unknown {
            calls[call].outcome = Outcome::Unknown("Timeout".into());
        }
        if !is_unknown || rng.bool() {
            events.push((effect, call, Event::Effect { first: true }));
        }
        // An attempt whose answer was lost lands at any time.
        if is_unknown || rng.u8(0..4) == 0 {
            let late = rng.u64(effect..effect + SECOND);
            events.push((late, call, Event::Effect { first: false }));
            // A delete is acknowledged also when there is nothing to delete any more, whatever became of its one attempt.
            calls[call].retried = !calls[call].is_delete() || mode.uses_transactions();
        }
    }
    events.sort_by_key(|(at, call, _)| (*at, *call));
    let mut simulated = Simulated::default();
    for (at, call, event) in events {
        simulated.happen(mode, &mut calls, at, call, event);
    }
    let over = 10 * SECOND + calls.iter().map(|call| call.end).max().unwrap_or_default();
    let mut ids: Vec<Id> = calls.iter().map(|call| call.id).collect();
    ids.sort();
    ids.dedup();
    let last = ids.iter().enumerate().map(|(index, id)| {
        let outcome = Outcome::Read(simulated.rows.get(id).and_then(|row| row.written));
        let read = entry(mode, count + index, 0, over, over + MILLISECOND, &mut rng);
        Entry { id: *id, action: Action::Read, outcome, ..read }
    });
    let last = last.collect();
    (calls, last)
}

/// A call that has not record yet.
fn entry(mode: Mode, call: usize, thread: usize, begin: Nanos, end: Nanos, rng: &mut Rng) -> Entry {
    let population = match (mode, rng.u8(0..4)) {
        (Mode::Versioned | Mode::Owned, 0) => Population::Rewritten,
        (Mode::Versioned | Mode::Owned, 1) => Population::Counter,
        (_, 2) => Population::Kept,
        _ => Population::Deleted,
    };
    let id = Id { population, generation: 0, number: rng.u32(0..2) };
    let token = call as u64 + 1;
    let version = match (mode, population) {
        (Mode::LastWriteWins, _) => rng.u64(0..10),
        (_, Population::Rewritten) => 1 + begin / (100 * MILLISECOND),
        _ => token,
    };
    let condition = if population == Population::Counter { Condition::IfAbsent } else { Condition::None };
    let action = match rng.u8(0..10) {
        0..=3 => Action::Read,
        4 if population == Population::Deleted => Action::Delete(None),
        5..=6 if population == Population::Deleted => Action::Delete(Some(0)),
        _ => Action::Write { version, token, condition },
    };
    let deadline = begin + 4 * SECOND;
    let (call, thread, outcome) = (call as u64, thread as u32, Outcome::Done);
    Entry { call, thread, bulk: false, id, action, begin, stamped: end, end, deadline, outcome, retried: false }
}

impl Simulated {
    fn happen(&mut self, mode: Mode, calls: &mut [Entry], at: Nanos, index: usize, event: Event) {
        let call = &mut calls[index];
        let stored = self.rows.get(&call.id).copied();
        let row = stored.unwrap_or_default();
        let Event::Effect { first } = event else {
            let claim = self.claims.get(&(call.store(), call.id)).copied();
            // One that finds nothing takes nothing away later.
            let version = row.written.map_or(NOTHING, |seen| seen.version);
            let clock = self.clocks.entry(call.store()).or_default();
            let timestamp = (at + u64::from(call.store()) * CLOCKS_APART).max(*clock + 1);
            if call.action != Action::Read {
                *clock = timestamp;
            }
            self.known.insert(index, Known { version, claim, timestamp });
            if let Action::Delete(Some(version)) = &mut call.action {
                *version = row.written.map_or(7, |stored| stored.version);
            }
            if let Action::Write { version, condition, .. } = &mut call.action
                && call.id.population == Population::Counter
            {
                *version = row.written.map_or(1, |stored| stored.version + 1);
                *condition = row.written.map_or(Condition::IfAbsent, |stored| Condition::IfVersion(stored.version));
            }
            return;
        };
        if call.has_failed() {
            // What is refused is over.
            return;
        }
        let known = self.known.get_mut(&index).unwrap();
        let owns = mode != Mode::Owned || known.claim == Some(row.owner);
        // What one attempt has brought about, another of the same call brings about again, with the same timestamp.
        let timestamp = (if mode == Mode::LastWriteWins { known.timestamp } else { at }, index);
        let is_newest = mode.uses_transactions() || stored.is_none_or(|row| row.timestamp <= timestamp);
        let applied = match call.action {
            Action::Read => {
                if first && !call.is_unknown() {
                    call.outcome = Outcome::Read(row.written);
                    // That of a delete is not read.
                    if row.written.is_some() {
                        let clock = self.clocks.entry(call.store()).or_default();
                        *clock = row.timestamp.0.max(*clock);
                    }
                }
                // A claim that comes late finds that the row has changed.
                if mode == Mode::Owned && first {
                    self.rows.insert(call.id, Row { owner: index + 1, ..row });
                    // Of a claim whose answer was lost nobody knows.
                    if !call.is_unknown() {
                        self.claims.insert((call.store(), call.id), index + 1);
                    }
                }
                return;
            }
            Action::Delete(version) => {
                let holds = match version.or((!first).then_some(known.version)) {
                    _ if !mode.uses_transactions() => true,
                    None => true,
                    Some(version) => row.written.is_some_and(|stored| stored.version == version),
                };
                if mode.uses_transactions() && first {
                    known.version = row.written.map_or(NOTHING, |seen| seen.version);
                }
                let deleted = row.written.map_or(row.deleted, |stored| stored.version);
                holds.then_some(Row { timestamp, written: None, deleted, ..row })
            }
            Action::Write { version, token, condition } => {
                let is_above_deleted = row.written.is_some() || row.deleted < version;
                let holds = !mode.uses_transactions()
                    || is_above_deleted
                        && match condition {
                            Condition::None => row.written.is_none_or(|stored| stored.version <= version),
                            Condition::IfAbsent => row.written.is_none(),
                            Condition::IfVersion(version) => {
                                row.written.is_some_and(|stored| stored.version == version)
                            }
                        };
                let written = Some(Seen { version, token, timestamp: token.cast_signed() });
                holds.then_some(Row { timestamp, written, ..row })
            }
        };
        match applied.filter(|_| owns) {
            Some(changed) if is_newest => drop(self.rows.insert(call.id, changed)),
            Some(_) => {}
            None if first && call.is_done() => call.outcome = Outcome::Failed("Conflict".into()),
            None => {}
        }
    }
}

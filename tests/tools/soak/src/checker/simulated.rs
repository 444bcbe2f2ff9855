//! Histories of a store that is correct by construction, late attempts and all.

use std::collections::HashMap;

use fastrand::Rng;

use crate::{
    history::{Action, Condition, Entry, Id, MILLISECOND, Nanos, Outcome, Population, SECOND, Seen},
    options::Mode,
};

const THREADS: u32 = 5;

/// A row as the simulated store has it.
#[derive(Clone, Copy)]
struct Row {
    /// In mode last-write-wins, of a write or a delete.
    timestamp: (Nanos, usize),
    /// `None` once deleted.
    written: Option<Seen>,
}

/// What happens to a call.
#[derive(Clone, Copy)]
enum Event {
    /// A write or delete under a condition looks at what is stored.
    Begin,
    /// It takes effect; the first time decides what the caller is told.
    Effect { first: bool },
}

/// The calls, and the reads after them.
pub(crate) fn history(mode: Mode, seed: u64) -> (Vec<Entry>, Vec<Entry>) {
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
        calls.push(entry(mode, call, thread, begin, end, &mut rng));
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
            calls[call].retried = !calls[call].is_delete();
        }
    }
    events.sort_by_key(|(at, call, _)| (*at, *call));
    let mut rows = HashMap::new();
    for (at, call, event) in events {
        happen(mode, &mut calls, &mut rows, at, call, event);
    }
    let over = 10 * SECOND + calls.iter().map(|call| call.end).max().unwrap_or_default();
    let mut ids: Vec<Id> = calls.iter().map(|call| call.id).collect();
    ids.sort();
    ids.dedup();
    let last = ids.iter().enumerate().map(|(index, id)| {
        let outcome = Outcome::Read(rows.get(id).and_then(|row| row.written));
        let read = entry(mode, count + index, 0, over, over + MILLISECOND, &mut rng);
        Entry { id: *id, action: Action::Read, outcome, ..read }
    });
    let last = last.collect();
    (calls, last)
}

/// A call that has not record yet.
fn entry(mode: Mode, call: usize, thread: usize, begin: Nanos, end: Nanos, rng: &mut Rng) -> Entry {
    let population = match (mode, rng.u8(0..4)) {
        (Mode::Versioned, 0) => Population::Rewritten,
        (Mode::Versioned, 1) => Population::Counter,
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

fn happen(mode: Mode, calls: &mut [Entry], rows: &mut HashMap<Id, Row>, at: Nanos, index: usize, event: Event) {
    let call = &mut calls[index];
    let stored = rows.get(&call.id).copied();
    let written = stored.and_then(|row| row.written);
    let Event::Effect { first } = event else {
        if let Action::Delete(Some(version)) = &mut call.action {
            *version = written.map_or(0, |stored| stored.version);
        }
        if let Action::Write { version, condition, .. } = &mut call.action
            && *condition == Condition::IfAbsent
        {
            *version = written.map_or(1, |stored| stored.version + 1);
            *condition = written.map_or(Condition::IfAbsent, |stored| Condition::IfVersion(stored.version));
        }
        return;
    };
    if call.has_failed() {
        // What is refused is over.
        return;
    }
    // What one attempt has brought about, another of the same call brings about again, with the same timestamp.
    let timestamp = (if mode == Mode::LastWriteWins { call.begin } else { at }, index);
    let is_newest = mode == Mode::Versioned || stored.is_none_or(|row| row.timestamp <= timestamp);
    match call.action {
        Action::Read if first && !call.is_unknown() => call.outcome = Outcome::Read(written),
        Action::Read => {}
        Action::Delete(version) => {
            let holds = mode == Mode::LastWriteWins
                || version.is_none_or(|version| written.is_some_and(|stored| stored.version == version));
            if holds && is_newest {
                rows.insert(call.id, Row { timestamp, written: None });
            }
            if !holds && first && call.is_done() {
                call.outcome = Outcome::Failed("Conflict".into());
            }
        }
        Action::Write { version, token, condition } => {
            let holds = mode == Mode::LastWriteWins
                || match condition {
                    Condition::None => written.is_none_or(|stored| stored.version <= version),
                    Condition::IfAbsent => written.is_none(),
                    Condition::IfVersion(version) => written.is_some_and(|stored| stored.version == version),
                };
            if holds && is_newest {
                let written = Some(Seen { version, token, timestamp: token.cast_signed() });
                rows.insert(call.id, Row { timestamp, written });
            }
            if !holds && first && call.is_done() {
                call.outcome = Outcome::Failed("Conflict".into());
            }
        }
    }
}

//! One thread of the load: bulk calls.
//!
//! A bulk call takes its items from the input itself, right before it gives each its timestamp and begins it. So when it
//! took an item and when it asked for the next one are known, and the timestamp was taken in between.
//!
//! No call has more items than are in flight at once, so all are begun at once, and each has `call_timeout` from then
//! on. In mode versioned or owned an item begins when those of its id before it in the input are decided: with n of them the last
//! one may take n times as long. The lease is taken before the first item, within `call_timeout` from the beginning.

use std::{cell::RefCell, collections::HashMap};

use durable_store::{DurableState, Error};

use super::{
    ids, states,
    worker::{Worker, call_timeout, failure},
};
use crate::{
    history::{Action, Condition, Entry, Id, Nanos, Outcome, Recorder},
    retries,
};

impl Worker<'_> {
    pub(crate) fn write_bulk(&mut self) {
        let now = self.load.recorder.now();
        let mode = self.load.mode;
        let count = if mode.uses_transactions() { self.rng.usize(4..=12) } else { self.rng.usize(10..=30) };
        let (mut items, mut states) = (Vec::new(), Vec::new());
        for _ in 0..count {
            // Some come twice, since there are not many.
            let Some(id) = self.load.in_turn(ids::to_write(mode, now, &mut self.rng)) else { return };
            let (version, token) = (self.version(id, now), self.load.recorder.next_token());
            items.push((id, Action::Write { version, token, condition: Condition::None }));
            states.push(states::state(id, version, token));
        }
        let in_turn = if mode.uses_transactions() { most_of_one(&items) } else { 1 };
        let entries = self.call_bulk(&items, in_turn, |input| {
            let outcomes = self.store.write_states(input.take(&states));
            outcomes.into_iter().map(|outcome| outcome.map(|()| Outcome::Done)).collect()
        });
        self.load.recorder.add(&entries);
    }

    pub(crate) fn read_bulk(&mut self) {
        let now = self.load.recorder.now();
        let count = self.rng.usize(10..=30);
        let ids: Vec<Id> = (0..count).map(|_| ids::to_read(self.load.mode, now, &mut self.rng)).collect();
        let entries = self.get_latest_states(&ids);
        self.load.recorder.add(&entries);
    }

    /// Reads, and leaves it to the caller to record it.
    pub(crate) fn get_latest_states(&self, ids: &[Id]) -> Vec<Entry> {
        let names: Vec<String> = ids.iter().map(Id::to_string).collect();
        let items: Vec<_> = ids.iter().map(|id| (*id, Action::Read)).collect();
        self.call_bulk(&items, 1, |input| {
            let outcomes = self.store.get_latest_states(input.take(&names));
            let read = |state: Option<DurableState>| Outcome::Read(state.as_ref().map(states::seen));
            outcomes.into_iter().map(|outcome| outcome.map(read)).collect()
        })
    }

    /// Makes a call of which so many items may have to wait for each other.
    fn call_bulk(
        &self,
        items: &[(Id, Action)],
        in_turn: u64,
        call: impl FnOnce(&Input<'_>) -> Vec<Result<Outcome, Error>>,
    ) -> Vec<Entry> {
        let recorder = self.load.recorder;
        let input = Input { recorder, times: RefCell::default() };
        let number = recorder.next_call();
        let retries = retries::made();
        let called = recorder.now();
        let outcomes = call(&input);
        let end = recorder.now();
        let times = input.times.into_inner();
        let all_begun = times.last().map_or(called, |(_, taken)| *taken).min(called + call_timeout());
        let deadline = all_begun + in_turn * call_timeout();
        let mut entries = Vec::with_capacity(items.len());
        for (index, (&(id, action), outcome)) in items.iter().zip(outcomes).enumerate() {
            entries.push(Entry {
                call: number,
                thread: self.thread,
                bulk: true,
                id,
                action,
                begin: times.get(index).map_or(called, |(_, taken)| *taken),
                stamped: times.get(index + 1).map_or(end, |(asked, _)| *asked),
                end,
                deadline,
                outcome: outcome.unwrap_or_else(failure),
                retried: retries::made() > retries,
            });
        }
        entries
    }
}

/// How many items there are of the id that has the most.
fn most_of_one(items: &[(Id, Action)]) -> u64 {
    let mut counts: HashMap<Id, u64> = HashMap::new();
    items.iter().for_each(|(id, _)| *counts.entry(*id).or_default() += 1);
    counts.into_values().max().unwrap_or(1)
}

/// The input of a bulk call, which notes when each item is asked for and when it is handed over.
struct Input<'r> {
    recorder: &'r Recorder,
    times: RefCell<Vec<(Nanos, Nanos)>>,
}

impl Input<'_> {
    fn take<'i, T>(&'i self, items: &'i [T]) -> impl Iterator<Item = &'i T> {
        let mut items = items.iter();
        std::iter::from_fn(move || {
            let asked = self.recorder.now();
            let item = items.next();
            self.times.borrow_mut().push((asked, self.recorder.now()));
            item
        })
    }
}

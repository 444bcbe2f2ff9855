//! Histories written by hand, with times in milliseconds.

use std::ops::Range;

use crate::history::{Action, Condition, Entry, Id, MILLISECOND, Outcome, Population, Seen};

/// Of the calls of a history, and of the reads after it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) calls: Vec<Entry>,
    pub(crate) last: Vec<Entry>,
}

pub(crate) fn id(population: Population) -> Id {
    Id { population, generation: 0, number: 1 }
}

pub(crate) fn unknown() -> Outcome {
    Outcome::Unknown("Timeout".into())
}

pub(crate) fn failed() -> Outcome {
    Outcome::Failed("Unavailable".into())
}

/// What a read returns that sees this version and token.
pub(crate) fn row(version: u64, token: u64) -> Option<Seen> {
    Some(Seen { version, token, timestamp: token.cast_signed() })
}

impl Told {
    /// Each call has a thread of its own.
    pub(crate) fn call(mut self, id: Id, action: Action, when: Range<u64>, outcome: Outcome) -> Self {
        let call = (self.calls.len() + self.last.len()) as u64;
        let (begin, end) = (when.start * MILLISECOND, when.end * MILLISECOND);
        let deadline = begin + 4_000 * MILLISECOND;
        let thread = call as u32;
        let entry = Entry {
            call,
            thread,
            bulk: false,
            id,
            action,
            begin,
            stamped: end,
            end,
            deadline,
            outcome,
            retried: false,
        };
        self.calls.push(entry);
        self
    }

    /// The token is the version.
    pub(crate) fn write(self, id: Id, version: u64, when: Range<u64>, outcome: Outcome) -> Self {
        self.write_if(id, version, version, Condition::None, when, outcome)
    }

    pub(crate) fn write_if(
        self,
        id: Id,
        version: u64,
        token: u64,
        condition: Condition,
        when: Range<u64>,
        outcome: Outcome,
    ) -> Self {
        self.call(id, Action::Write { version, token, condition }, when, outcome)
    }

    /// The last call made more than one attempt.
    pub(crate) fn retried(mut self) -> Self {
        self.calls.last_mut().unwrap().retried = true;
        self
    }

    pub(crate) fn delete_if(self, id: Id, version: u64, when: Range<u64>, outcome: Outcome) -> Self {
        self.call(id, Action::Delete(Some(version)), when, outcome)
    }

    pub(crate) fn delete(self, id: Id, when: Range<u64>, outcome: Outcome) -> Self {
        self.call(id, Action::Delete(None), when, outcome)
    }

    pub(crate) fn read(self, id: Id, when: Range<u64>, seen: Option<Seen>) -> Self {
        self.call(id, Action::Read, when, Outcome::Read(seen))
    }

    /// The last call was one of a thread.
    pub(crate) fn by(mut self, thread: u32) -> Self {
        self.calls.last_mut().unwrap().thread = thread;
        self
    }

    /// The last two calls were items of one bulk call that took them from its input one after the other.
    pub(crate) fn in_bulk(mut self) -> Self {
        let [.., first, second] = &mut *self.calls else { panic!("there are not two calls") };
        first.stamped = second.begin - 1;
        first.end = second.end;
        second.call = first.call;
        second.deadline = first.deadline;
        for item in [first, second] {
            item.bulk = true;
        }
        self
    }

    /// A read after the load.
    pub(crate) fn last(self, id: Id, seen: Option<Seen>) -> Self {
        let mut told = self.read(id, 100_000..100_001, seen);
        told.last.extend(told.calls.pop());
        told
    }
}

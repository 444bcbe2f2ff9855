//! The record of every call, and how it is printed.

mod recorder;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(crate) use recorder::{Recorder, read};

/// Nanoseconds since the run began, by one clock that never goes back.
pub(crate) type Nanos = u64;

pub(crate) const MILLISECOND: Nanos = 1_000_000;
pub(crate) const SECOND: Nanos = 1_000 * MILLISECOND;

/// Threads of store `n` are numbered from `n` times this on.
pub(crate) const THREADS_PER_STORE: u32 = 100;

/// Ids that are written in one way, and so held to the same rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Population {
    /// Never deleted. In mode versioned or owned no two writes of an id have one version.
    Kept,
    /// Never deleted; in mode versioned or owned only: several writes of an id have one version.
    Rewritten,
    /// Never deleted; in mode versioned or owned only: each write has a condition, and goes one version up.
    Counter,
    /// Written and deleted. In mode versioned or owned no two writes of an id have one version.
    Deleted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Id {
    pub(crate) population: Population,
    /// Ids are given up for others from time to time.
    pub(crate) generation: u32,
    pub(crate) number: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Condition {
    None,
    IfAbsent,
    IfVersion(u64),
}

/// What a call is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Action {
    /// The token is in the payload, and of no other write.
    Write {
        version: u64,
        token: u64,
        condition: Condition,
    },
    /// With a version only if that one is stored.
    Delete(Option<u64>),
    Read,
}

/// What a read returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) version: u64,
    pub(crate) token: u64,
    /// Of the column; each write has its token there too.
    pub(crate) timestamp: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// A write or delete is acknowledged.
    Done,
    Read(Option<Seen>),
    /// The caller is told that nothing was written; this kind of error.
    Failed(Box<str>),
    /// The caller is told that it may have been written; this kind of error.
    Unknown(Box<str>),
}

/// One call, or one item of a bulk call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Items of one bulk call have the same.
    pub(crate) call: u64,
    /// Those of one store have numbers of one hundred.
    pub(crate) thread: u32,
    pub(crate) bulk: bool,
    pub(crate) id: Id,
    pub(crate) action: Action,
    /// When the call began; of an item, when it was taken from the input.
    pub(crate) begin: Nanos,
    /// When a write in mode last-write-wins had its timestamp at the latest; it takes it after `begin`.
    pub(crate) stamped: Nanos,
    /// When the call ended; of an item, the whole bulk call.
    pub(crate) end: Nanos,
    /// When it had to have ended.
    pub(crate) deadline: Nanos,
    pub(crate) outcome: Outcome,
    /// Whether there was more than one attempt; of an item, at any item of the bulk call.
    pub(crate) retried: bool,
}

impl Entry {
    pub(crate) fn is_done(&self) -> bool {
        self.outcome == Outcome::Done
    }

    /// The number of the store that made the call.
    pub(crate) fn store(&self) -> u32 {
        self.thread / THREADS_PER_STORE
    }

    /// Whether the call claims its id, in mode owned.
    pub(crate) fn is_claim(&self) -> bool {
        self.action == Action::Read && !self.bulk
    }

    /// Whether the caller is told that nothing was written.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.outcome, Outcome::Unknown(_))
    }

    /// The kind of error.
    pub(crate) fn error(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Failed(kind) | Outcome::Unknown(kind) => Some(kind),
            Outcome::Done | Outcome::Read(_) => None,
        }
    }

    pub(crate) fn is_write(&self) -> bool {
        matches!(self.action, Action::Write { .. })
    }

    pub(crate) fn is_delete(&self) -> bool {
        matches!(self.action, Action::Delete(_))
    }

    /// The version of a write; 0 of all else.
    pub(crate) fn version(&self) -> u64 {
        if let Action::Write { version, .. } = self.action { version } else { 0 }
    }

    pub(crate) fn token(&self) -> Option<u64> {
        if let Action::Write { token, .. } = self.action { Some(token) } else { None }
    }

    pub(crate) fn condition(&self) -> Condition {
        if let Action::Write { condition, .. } = self.action { condition } else { Condition::None }
    }

    /// What a read that succeeded returned.
    pub(crate) fn read(&self) -> Option<Option<Seen>> {
        if let Outcome::Read(seen) = self.outcome { Some(seen) } else { None }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let population = match self.population {
            Population::Kept => "kept",
            Population::Rewritten => "rewritten",
            Population::Counter => "counter",
            Population::Deleted => "deleted",
        };
        write!(f, "{population}-{}-{}", self.generation, self.number)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |nanos: Nanos| nanos as f64 / SECOND as f64;
        write!(f, "{:10.6} s to {:10.6} s  ", seconds(self.begin), seconds(self.end))?;
        write!(f, "thread {:2}  {}", self.thread, if self.bulk { "bulk item: " } else { "" })?;
        match self.action {
            Action::Write { version, token, condition } => {
                write!(f, "write {} version {version} token {token}", self.id)?;
                match condition {
                    Condition::None => {}
                    Condition::IfAbsent => f.write_str(" if absent")?,
                    Condition::IfVersion(version) => write!(f, " if version {version}")?,
                }
            }
            Action::Delete(None) => write!(f, "delete {}", self.id)?,
            Action::Delete(Some(version)) => write!(f, "delete {} if version {version}", self.id)?,
            Action::Read => write!(f, "read {}", self.id)?,
        }
        match &self.outcome {
            Outcome::Done => f.write_str(": done"),
            Outcome::Read(None) => f.write_str(": nothing"),
            Outcome::Read(Some(Seen { version, token, timestamp })) => {
                write!(f, ": version {version} token {token}")?;
                if i128::from(*timestamp) == i128::from(*token) { Ok(()) } else { write!(f, " timestamp {timestamp}") }
            }
            Outcome::Failed(kind) => write!(f, ": {kind}, did not happen"),
            Outcome::Unknown(kind) => write!(f, ": {kind}, may have record"),
        }
    }
}

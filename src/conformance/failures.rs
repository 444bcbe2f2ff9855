//! The cases that a store failed.

use std::{error::Error, fmt};

use super::Breach;

/// The cases that a store failed; the error of [`check`](super::check).
///
/// Prints one line per case, also by `{:?}`: its name, what was expected and what was seen.
///
/// ```
/// use durable_store::{conformance, MemoryStore};
///
/// let Err(failures) = conformance::check(&conformance::versioned_state_store(), &MemoryStore::new()) else {
///     panic!("a store in which the last write wins is not versioned");
/// };
/// assert!(failures.iter().any(|(case, _)| case == "a_stale_write_is_refused"));
/// ```
pub struct Failures {
    of: usize,
    failed: Vec<(&'static str, Breach)>,
}

impl Failures {
    pub(super) fn of(outcomes: impl Iterator<Item = (&'static str, Result<(), Breach>)>) -> Result<(), Self> {
        let mut failures = Self { of: 0, failed: Vec::new() };
        for (name, outcome) in outcomes {
            failures.of += 1;
            failures.failed.extend(outcome.err().map(|why| (name, why)));
        }
        if failures.failed.is_empty() { Ok(()) } else { Err(failures) }
    }

    /// Returns the name of each case that failed, and the reason. See [`Failures`] for an example.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Breach)> {
        self.failed.iter().map(|(name, why)| (*name, why))
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} cases failed", self.failed.len(), self.of)?;
        self.failed.iter().try_for_each(|(name, why)| write!(f, "\n  {name}: {why}"))
    }
}

impl fmt::Debug for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Failures {}

//! What a store does not keep to.

use std::{error::Error, fmt};

/// The cases that a store failed: what [`check`](super::check) ends with.
///
/// Printed, also by `{:?}`, a line a case: its name, what was expected and what was seen.
pub struct Failures {
    of: usize,
    failed: Vec<(&'static str, String)>,
}

impl Failures {
    pub(super) fn of(outcomes: impl Iterator<Item = (&'static str, Result<(), String>)>) -> Result<(), Self> {
        let mut failures = Self { of: 0, failed: Vec::new() };
        for (name, outcome) in outcomes {
            failures.of += 1;
            failures.failed.extend(outcome.err().map(|why| (name, why)));
        }
        if failures.failed.is_empty() { Ok(()) } else { Err(failures) }
    }

    /// The name of each case that failed, and why: what was expected, and what was seen.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.failed.iter().map(|(name, why)| (*name, why.as_str()))
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

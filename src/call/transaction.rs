//! Lightweight transactions: what is known of one whose answer was lost, and whether another attempt is safe. Uses no
//! server.
//!
//! A transaction that timed out may be applied later, even after a serial read has shown nothing. So the read decides
//! only two things: that the transaction was applied, or that another attempt does no harm. Otherwise the error is
//! indeterminate.

use std::time::Instant;

use crate::{
    Error, ErrorKind, Result, WriteCondition,
    call::{
        Call,
        retry::{self, Attempts, Limits},
    },
    error::RetryHint,
    table::row::{Cells, StoredRow},
};

/// The answer of the server to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Applied,
    /// Its condition did not hold: this version is stored, or there is no state.
    Refused(Option<u64>),
}

/// What a serial read shows of a transaction whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The stored row is what the transaction was to bring about.
    Done,
    /// Its condition holds, still or again.
    Possible,
    /// Neither: another transaction came first. This version is stored, or there is no state.
    Overtaken(Option<u64>),
}

/// What a transaction is to bring about, as far as a serial read can tell.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal<'g> {
    /// These cells are stored, if nothing newer was.
    Newest(&'g Cells<'g>),
    /// These cells are stored, if the condition held.
    Conditional(&'g Cells<'g>, WriteCondition),
    /// There is no row.
    Gone,
    /// There is no row, if this version was stored.
    GoneIfVersion(u64),
}

impl Goal<'_> {
    /// Converts an answer to the outcome of the call. A delete that finds no row counts as applied.
    pub(crate) fn outcome(self, answer: Answer) -> Answer {
        if matches!(self, Self::Gone) { Answer::Applied } else { answer }
    }

    /// What the row means for the transaction, or the absence of a row.
    pub(crate) fn verdict(self, row: Option<&StoredRow<'_>>) -> Verdict {
        let stored = row.and_then(|row| row.version_number).map(i64::cast_unsigned);
        if self.is_done(row) {
            Verdict::Done
        } else if self.may_be_retried(row.is_some(), stored) {
            Verdict::Possible
        } else {
            Verdict::Overtaken(stored)
        }
    }

    /// Whether the row is what the transaction was to bring about.
    fn is_done(self, row: Option<&StoredRow<'_>>) -> bool {
        match self {
            Self::Newest(cells) | Self::Conditional(cells, _) => row.is_some_and(|row| cells.matches_row(row)),
            Self::Gone | Self::GoneIfVersion(_) => row.is_none(),
        }
    }

    /// Whether the condition of the transaction holds for a row with this version.
    fn may_be_retried(self, exists: bool, stored: Option<u64>) -> bool {
        match self {
            Self::Newest(cells) => match stored {
                Some(stored) => stored < cells.version_number.cast_unsigned(),
                None => !exists,
            },
            Self::Conditional(_, WriteCondition::IfAbsent) => !exists,
            Self::Conditional(_, WriteCondition::IfVersion(version)) | Self::GoneIfVersion(version) => {
                stored == Some(version)
            }
            Self::Gone => exists,
        }
    }
}

/// Runs `attempt`, passing each attempt its deadline, until its outcome is known or the deadline of the call passes. After
/// an attempt of unknown outcome `read_verdict` reads what is stored.
pub(crate) async fn run(
    call: &Call<'_>,
    limits: &Limits,
    mut attempt: impl AsyncFnMut(Instant) -> Result<Answer>,
    mut read_verdict: impl AsyncFnMut() -> Result<Verdict>,
) -> Result<()> {
    let mut attempts = Attempts::new(call, limits);
    let mut is_in_doubt = false;
    loop {
        let error = match attempt(limits.transaction_deadline()).await {
            Ok(Answer::Applied) => return Ok(()),
            Ok(Answer::Refused(stored)) => Error::conflict(stored),
            Err(error) => error,
        };
        is_in_doubt |= is_unknown(&error);
        let error = error.with_indeterminate(is_in_doubt);
        let may_be_retried = if is_in_doubt {
            match read_verdict().await {
                Ok(Verdict::Done) => return Ok(()),
                Ok(Verdict::Possible) => error.kind() == ErrorKind::Conflict || retry::may_pass(&error),
                Ok(Verdict::Overtaken(stored)) => return Err(Error::conflict(stored).with_indeterminate(true)),
                // The outcome stays unknown, which is what matters to the caller.
                Err(_) => false,
            }
        } else {
            retry::may_pass(&error)
        };
        if !may_be_retried || !attempts.next_after(&error).await {
            return Err(error);
        }
    }
}

/// Whether the outcome of a transaction is unknown after this error. That is so after every failure of the server, even if
/// too few replicas were alive: a transaction that failed like that was seen applied.
fn is_unknown(error: &Error) -> bool {
    error.is_indeterminate()
        || (error.kind() == ErrorKind::Unavailable && error.retry_hint() != RetryHint::NoLiveConnection)
}

#[cfg(test)]
mod tests;

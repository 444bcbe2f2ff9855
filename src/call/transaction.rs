//! Lightweight transactions: what is known of one whose answer was lost, and whether it may be tried again. Knows no
//! server.
//!
//! A transaction that timed out may be applied later, even after a serial read has shown nothing. So the read decides
//! only what it can: that the transaction was applied, or that trying it again does no harm. Where neither is so the
//! caller hears that the outcome is unknown.

use std::time::Instant;

use crate::{
    Error, ErrorKind, Result, WriteCondition, block_on,
    call::{
        Call,
        retry::{self, Limits},
    },
    error::RetryHint,
    table::row::{Cells, StoredRow},
};

/// What the server says of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Applied,
    /// Its condition did not hold: this version is stored, or there is no state.
    Refused(Option<u64>),
}

/// What a serial read says of a transaction whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// What is stored is what it was to bring about.
    Done,
    /// Its condition holds, still or again.
    Possible,
    /// Neither: this version is stored, or there is no state.
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
    /// What an answer comes to: that there was nothing to delete is as good as having deleted it.
    pub(crate) fn answer(self, answer: Answer) -> Answer {
        if matches!(self, Self::Gone) { Answer::Applied } else { answer }
    }

    /// What the row says, or that there is none.
    pub(crate) fn judge(self, row: Option<&StoredRow<'_>>) -> Verdict {
        let stored = row.and_then(|row| row.version_number).map(i64::cast_unsigned);
        let possible = match (self, row) {
            (Self::Newest(cells) | Self::Conditional(cells, _), Some(row)) if cells.are(row) => return Verdict::Done,
            (Self::Gone | Self::GoneIfVersion(_), None) => return Verdict::Done,
            (Self::Newest(_), None) | (Self::Gone, Some(_)) => true,
            (Self::Newest(cells), Some(_)) => {
                stored.is_some_and(|stored| stored < cells.version_number.cast_unsigned())
            }
            (Self::Conditional(_, WriteCondition::IfAbsent), row) => row.is_none(),
            (Self::Conditional(_, WriteCondition::IfVersion(version)) | Self::GoneIfVersion(version), _) => {
                stored == Some(version)
            }
        };
        if possible { Verdict::Possible } else { Verdict::Overtaken(stored) }
    }
}

/// Runs `attempt`, which is told when it has to give up, until it is known what became of it or the call has to end.
/// `judge` reads what is stored, and is asked after each attempt of unknown outcome.
pub(crate) async fn run(
    call: &Call<'_>,
    limits: &Limits,
    mut attempt: impl AsyncFnMut(Instant) -> Result<Answer>,
    mut judge: impl AsyncFnMut() -> Result<Verdict>,
) -> Result<()> {
    let mut doubt = false;
    let mut number = 1;
    loop {
        let error = match attempt(limits.transaction_deadline()).await {
            Ok(Answer::Applied) => return Ok(()),
            Ok(Answer::Refused(stored)) => Error::conflict(stored),
            Err(error) => error,
        };
        doubt |= is_unknown(&error);
        let error = error.with_indeterminate(doubt);
        let again = if doubt {
            match judge().await {
                Ok(Verdict::Done) => return Ok(()),
                Ok(Verdict::Possible) => error.kind() == ErrorKind::Conflict || retry::may_pass(&error),
                Ok(Verdict::Overtaken(stored)) => return Err(Error::conflict(stored).with_indeterminate(true)),
                // What became of it stays unknown, which is what matters to the caller.
                Err(_) => false,
            }
        } else {
            retry::may_pass(&error)
        };
        let pause = retry::pause_after(number);
        if !again || number >= limits.max_attempts || pause >= limits.left() {
            return Err(error);
        }
        call.retries(number, &error, pause);
        block_on::sleep(pause).await;
        number += 1;
    }
}

/// Of a transaction every failure of the server leaves the outcome open, too few live replicas as well: such a one was
/// seen applied.
fn is_unknown(error: &Error) -> bool {
    error.is_indeterminate()
        || (error.kind() == ErrorKind::Unavailable && error.retry_hint() != RetryHint::NoLiveConnection)
}

#[cfg(test)]
mod tests;

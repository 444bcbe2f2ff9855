//! Lightweight transactions: what is known of one whose answer was lost, and whether another attempt is safe. Uses no
//! server.
//!
//! A transaction that timed out may be applied later, even after a serial read has shown nothing. So the read decides
//! only two things: that the transaction was applied, or that another attempt does no harm. Otherwise the error is
//! indeterminate.

use std::time::Instant;

use crate::{
    Error, ErrorKind, Layout, Result, WriteCondition,
    call::{
        Call,
        retry::{self, Attempts, Limits},
    },
    error::RetryHint,
    table::row::{self, Cells, StoredRow},
};

/// The answer of the server to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Applied,
    /// Its condition did not hold.
    Refused(Found),
}

/// What is stored of an entity, as far as a refusal shows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The version number of its state, or the one at which it was deleted.
    pub(crate) version: Option<u64>,
    pub(crate) is_deleted: bool,
    /// The epoch of its owner, in mode owned: a number that rises with each claim.
    pub(crate) owner_epoch: Option<i64>,
}

impl Found {
    /// The version of its state, if it has one.
    pub(crate) fn state_version(self) -> Option<u64> {
        self.version.filter(|_| !self.is_deleted)
    }

    /// The version at which it was deleted, if it was.
    pub(crate) fn deleted_version(self) -> Option<u64> {
        self.version.filter(|_| self.is_deleted)
    }

    /// The error of a write or delete whose condition did not hold.
    pub(crate) fn conflict(self) -> Error {
        self.deleted_version().map_or_else(|| Error::conflict(self.version), Error::conflict_with_deleted)
    }
}

impl From<&StoredRow<'_>> for Found {
    fn from(row: &StoredRow<'_>) -> Self {
        Self {
            version: row.version_number.map(i64::cast_unsigned),
            is_deleted: row.is_deleted(),
            owner_epoch: row.owner_epoch,
        }
    }
}

/// What a serial read shows of a transaction whose outcome is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// What is stored is what the transaction was to bring about.
    Done,
    /// Its condition holds, still or again.
    Possible,
    /// Neither: another transaction came first.
    Overtaken(Found),
}

/// What a transaction is to bring about, as far as a serial read can tell.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Goal<'g> {
    /// These cells are stored, if nothing newer was.
    Newest(&'g Cells<'g>),
    /// These cells are stored, if the condition held.
    Conditional(&'g Cells<'g>, WriteCondition),
    /// The entity is deleted at this version, if its state had it.
    Deleted(u64),
    /// There is no row, and no owner of it, if what was found had not changed.
    Forgotten(Found),
}

impl Goal<'_> {
    /// What the row means for the transaction. `may_own` is whether the store may still write the entity.
    pub(crate) fn verdict(self, row: &StoredRow<'_>, may_own: impl FnOnce(Found) -> bool) -> Verdict {
        let (found, is_absent) = (Found::from(row), row::is_absent(row, Layout::ById));
        if self.is_done(row, found, is_absent) {
            Verdict::Done
        } else if self.may_be_repeated(found, is_absent) && may_own(found) {
            Verdict::Possible
        } else {
            Verdict::Overtaken(found)
        }
    }

    /// Whether the row is what the transaction was to bring about, whoever owns it now.
    fn is_done(self, row: &StoredRow<'_>, found: Found, is_absent: bool) -> bool {
        match self {
            Self::Newest(cells) | Self::Conditional(cells, _) => cells.matches_row(row),
            Self::Deleted(version) => is_absent || found.deleted_version() == Some(version),
            Self::Forgotten(_) => is_absent && found.owner_epoch.is_none(),
        }
    }

    /// Whether the condition of the transaction holds.
    fn may_be_repeated(self, found: Found, is_absent: bool) -> bool {
        let is_older = |cells: &Cells<'_>, found: u64| found < cells.version_number.cast_unsigned();
        match self {
            Self::Newest(cells) => found.version.map_or(is_absent, |version| is_older(cells, version)),
            Self::Conditional(cells, WriteCondition::IfAbsent) => {
                found.deleted_version().map_or(is_absent, |version| is_older(cells, version))
            }
            Self::Conditional(_, WriteCondition::IfVersion(version)) | Self::Deleted(version) => {
                found.state_version() == Some(version)
            }
            // Whether the owner is the same is another question.
            Self::Forgotten(before) => Found { owner_epoch: before.owner_epoch, ..found } == before,
        }
    }
}

/// Runs `attempt`, passing each attempt its deadline, until its outcome is known or the deadline of the call passes. After
/// an attempt of unknown outcome `read_verdict` reads what is stored. `refusal` is the error for a condition that did not
/// hold.
pub(crate) async fn run(
    call: &Call<'_>,
    limits: &Limits,
    mut attempt: impl AsyncFnMut(Instant) -> Result<Answer>,
    mut read_verdict: impl AsyncFnMut() -> Result<Verdict>,
    refusal: impl Fn(Found) -> Error,
) -> Result<()> {
    let mut attempts = Attempts::new(call, limits);
    let mut is_in_doubt = false;
    loop {
        let error = match attempt(limits.transaction_deadline()).await {
            Ok(Answer::Applied) => return Ok(()),
            Ok(Answer::Refused(found)) => refusal(found),
            Err(error) => error,
        };
        is_in_doubt |= is_unknown(&error);
        let error = error.with_indeterminate(is_in_doubt);
        let may_be_retried = if is_in_doubt {
            match read_verdict().await {
                Ok(Verdict::Done) => return Ok(()),
                Ok(Verdict::Possible) => {
                    matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Fenced) || retry::may_pass(&error)
                }
                Ok(Verdict::Overtaken(found)) => return Err(refusal(found).with_indeterminate(true)),
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

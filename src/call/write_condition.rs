//! The condition of a conditional write.

use super::transaction::Found;
use crate::{DurableState, Error, Result, WriteMode};

/// The condition of [`write_state_if`](crate::DurableStore::write_state_if). If it does not hold, the call fails with
/// [`Conflict`](crate::ErrorKind::Conflict) and nothing is written.
///
/// ```
/// use durable_store::WriteCondition;
///
/// let first_write = WriteCondition::IfAbsent;
/// let next_write = WriteCondition::IfVersion(7);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WriteCondition {
    /// There is no state of the entity: none was written, it was deleted, or its TTL has passed. After a delete, the new
    /// version number has to be higher than the one at which the entity was deleted.
    IfAbsent,
    /// The stored state has exactly this version number. The new one has to be higher: otherwise a lost outcome
    /// could not be recognised afterwards.
    IfVersion(u64),
}

/// Cassandra compares bigints as signed numbers.
const HIGHEST_VERSION: u64 = i64::MAX as u64;

/// Refuses a version number that cannot be compared in the table.
fn check_version(version_number: u64) -> Result<()> {
    if version_number <= HIGHEST_VERSION {
        return Ok(());
    }
    let message =
        format!("{version_number} exceeds {HIGHEST_VERSION}, the highest version that a versioned table can compare");
    Err(Error::field("version_number", message))
}

/// Refuses a write that a store in this mode never makes.
pub(crate) fn check_write(mode: WriteMode, state: &DurableState, condition: Option<WriteCondition>) -> Result<()> {
    match condition {
        Some(condition) => {
            check_mode(mode, "write_state_if")?;
            condition.check(state)
        }
        None if mode.uses_transactions() => check_version(state.version_number),
        None => Ok(()),
    }
}

/// Refuses a delete of one version that a store in this mode never makes.
pub(crate) fn check_delete(mode: WriteMode, version_number: u64) -> Result<()> {
    check_mode(mode, "delete_state_if_version")?;
    check_version(version_number)
}

/// Refuses a call that a store in which the last write wins does not have.
pub(crate) fn check_mode(mode: WriteMode, operation: &str) -> Result<()> {
    if mode.uses_transactions() { Ok(()) } else { Err(Error::needs_transactions(operation)) }
}

/// Whether a write of this version, under a condition or none, is applied to what is stored.
pub(crate) fn admits(condition: Option<WriteCondition>, found: Found, new: u64) -> bool {
    match (condition, found.deleted_version()) {
        (Some(WriteCondition::IfVersion(version)), _) => found.state_version() == Some(version),
        (Some(WriteCondition::IfAbsent) | None, Some(deleted)) => deleted < new,
        (Some(WriteCondition::IfAbsent), None) => found.version.is_none(),
        (None, None) => found.version.is_none_or(|stored| stored <= new),
    }
}

impl WriteCondition {
    /// Refuses a state that may not be written under this condition.
    fn check(self, state: &DurableState) -> Result<()> {
        check_version(state.version_number)?;
        match self {
            Self::IfVersion(stored) if state.version_number <= stored => {
                let new = state.version_number;
                Err(Error::field(
                    "version_number",
                    format!("{new} has to be higher than {stored}, the version in the condition"),
                ))
            }
            Self::IfAbsent | Self::IfVersion(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn the_new_version_has_to_be_higher_and_comparable() {
        let state = |version_number| DurableState { version_number, ..Default::default() };
        for (condition, version, accepted) in [
            (WriteCondition::IfAbsent, 0, true),
            (WriteCondition::IfAbsent, HIGHEST_VERSION, true),
            (WriteCondition::IfAbsent, HIGHEST_VERSION + 1, false),
            (WriteCondition::IfVersion(1), 2, true),
            (WriteCondition::IfVersion(1), 1, false),
            (WriteCondition::IfVersion(1), 0, false),
            (WriteCondition::IfVersion(u64::MAX), u64::MAX, false),
        ] {
            let checked = condition.check(&state(version));
            assert_eq!(checked.is_ok(), accepted, "{condition:?} {version}");
            if let Err(error) = checked {
                assert_eq!(error.kind(), ErrorKind::InvalidState);
                assert!(error.to_string().starts_with("version_number: "), "{error}");
            }
        }
    }
}

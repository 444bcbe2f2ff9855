//! Every call that is a lightweight transaction.

use durable_store::{
    DurableState, DurableStore, Result,
    WriteCondition::{IfAbsent, IfVersion},
};

use super::account;

/// A call that is a transaction, on an entity that is as the call needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transaction {
    /// `write_state` over an older state.
    Write,
    /// `write_state` where there is no row.
    WriteFirst,
    /// `write_state` after a delete.
    WriteDeleted,
    IfAbsent,
    /// `IfAbsent` after a delete.
    IfAbsentDeleted,
    IfVersion,
    Delete,
    DeleteIfVersion,
    /// `forget_state` of a state.
    Forget,
}

/// The version that is stored, where one has to be, before the call.
pub(crate) const BEFORE: u64 = 4;

/// The version that the call writes, if it writes one.
const WRITTEN: u64 = 5;

impl Transaction {
    pub(crate) const ALL: [Self; 9] = [
        Self::Write,
        Self::WriteFirst,
        Self::WriteDeleted,
        Self::IfAbsent,
        Self::IfAbsentDeleted,
        Self::IfVersion,
        Self::Delete,
        Self::DeleteIfVersion,
        Self::Forget,
    ];

    /// Makes the entity as the call needs it, and returns its id: another one for each call and each `case`.
    pub(crate) fn prepare(self, store: &DurableStore, case: &str) -> String {
        let id = format!("account-{self:?}-{case}");
        if !matches!(self, Self::WriteFirst | Self::IfAbsent) {
            store.write_state_if(&account(&id, BEFORE, 1), IfAbsent).unwrap();
        }
        if matches!(self, Self::WriteDeleted | Self::IfAbsentDeleted) {
            store.delete_state_if_version(&id, BEFORE).unwrap();
        }
        id
    }

    pub(crate) fn make(self, store: &DurableStore, id: &str) -> Result<()> {
        match self {
            Self::Write | Self::WriteFirst | Self::WriteDeleted => store.write_state(&Self::state(id)),
            Self::IfAbsent | Self::IfAbsentDeleted => store.write_state_if(&Self::state(id), IfAbsent),
            Self::IfVersion => store.write_state_if(&Self::state(id), IfVersion(BEFORE)),
            Self::Delete => store.delete_state(id),
            Self::DeleteIfVersion => store.delete_state_if_version(id, BEFORE),
            Self::Forget => store.forget_state(id),
        }
    }

    /// What the call writes, if it is not a delete.
    pub(crate) fn state(id: &str) -> DurableState {
        account(id, WRITTEN, 4200).with_timestamp(7)
    }

    pub(crate) fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteIfVersion | Self::Forget)
    }

    /// How many EXECUTEs come before the first attempt: `delete_state` and `forget_state` read what they remove.
    pub(crate) fn reads(self) -> usize {
        usize::from(matches!(self, Self::Delete | Self::Forget))
    }

    /// How many EXECUTEs an attempt takes without faults, the last of which is the one that is applied: where there is no
    /// state, one that expects a state, or no row, comes first.
    pub(crate) fn executes(self) -> usize {
        if matches!(self, Self::WriteFirst | Self::WriteDeleted | Self::IfAbsentDeleted) { 2 } else { 1 }
    }

    #[track_caller]
    pub(crate) fn assert_applied(self, store: &DurableStore, id: &str) {
        let expected = (!self.deletes()).then(|| Self::state(id));
        assert_eq!(store.get_latest_state(id).unwrap(), expected, "{self:?}");
    }

    #[track_caller]
    pub(crate) fn assert_not_applied(self, store: &DurableStore, id: &str) {
        let stored = store.get_latest_state(id).unwrap().map(|state| state.version_number);
        let has_state = !matches!(self, Self::WriteFirst | Self::WriteDeleted | Self::IfAbsent | Self::IfAbsentDeleted);
        assert_eq!(stored, has_state.then_some(BEFORE), "{self:?}");
    }
}

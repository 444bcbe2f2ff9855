//! Every call that is a lightweight transaction.

use durable_store::{
    DurableState, DurableStore, Result,
    WriteCondition::{IfAbsent, IfVersion},
};

use super::account;

/// A call that is a transaction, on an entity whose state is as the call wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transaction {
    /// `write_state` over an older state.
    Write,
    /// `write_state` where there is none.
    WriteFirst,
    IfAbsent,
    IfVersion,
    Delete,
    DeleteIfVersion,
}

/// The version that is stored, where one has to be, before the call.
pub(crate) const BEFORE: u64 = 4;

/// The version that the call writes, if it writes one.
const WRITTEN: u64 = 5;

impl Transaction {
    pub(crate) const ALL: [Self; 6] =
        [Self::Write, Self::WriteFirst, Self::IfAbsent, Self::IfVersion, Self::Delete, Self::DeleteIfVersion];

    /// Stores the state that the call wants to find, if it wants one, and gives the name of the entity: one of its own for
    /// each call and each `case`.
    pub(crate) fn prepare(self, store: &DurableStore, case: &str) -> String {
        let id = format!("account-{self:?}-{case}");
        if !matches!(self, Self::WriteFirst | Self::IfAbsent) {
            store.write_state_if(&account(&id, BEFORE, 1), IfAbsent).unwrap();
        }
        id
    }

    pub(crate) fn make(self, store: &DurableStore, id: &str) -> Result<()> {
        match self {
            Self::Write | Self::WriteFirst => store.write_state(&Self::state(id)),
            Self::IfAbsent => store.write_state_if(&Self::state(id), IfAbsent),
            Self::IfVersion => store.write_state_if(&Self::state(id), IfVersion(BEFORE)),
            Self::Delete => store.delete_state(id),
            Self::DeleteIfVersion => store.delete_state_if_version(id, BEFORE),
        }
    }

    /// What the call writes, if it is not a delete.
    pub(crate) fn state(id: &str) -> DurableState {
        account(id, WRITTEN, 4200).with_timestamp(7)
    }

    pub(crate) fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::DeleteIfVersion)
    }

    /// How many EXECUTEs it takes without faults, the last of which is the one that is applied: a `write_state` asks first
    /// for an older state.
    pub(crate) fn executes(self) -> usize {
        if self == Self::WriteFirst { 2 } else { 1 }
    }

    #[track_caller]
    pub(crate) fn assert_applied(self, store: &DurableStore, id: &str) {
        let expected = (!self.deletes()).then(|| Self::state(id));
        assert_eq!(store.get_latest_state(id).unwrap(), expected, "{self:?}");
    }

    #[track_caller]
    pub(crate) fn assert_not_applied(self, store: &DurableStore, id: &str) {
        let stored = store.get_latest_state(id).unwrap().map(|state| state.version_number);
        let expected = (!matches!(self, Self::WriteFirst | Self::IfAbsent)).then_some(BEFORE);
        assert_eq!(stored, expected, "{self:?}");
    }
}

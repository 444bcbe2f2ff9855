//! The errors that this crate makes, each under its name.

use std::fmt::Display;

use super::{Error, ErrorKind};

impl Error {
    /// A setting that is not accepted.
    pub(crate) fn setting(name: impl Display, reason: impl Display) -> Self {
        Self::new(ErrorKind::Config, format!("{name}: {reason}"))
    }

    /// A call that needs a store whose writes are transactions.
    pub(crate) fn needs_transactions(operation: &str) -> Self {
        Self::setting("write_mode", format!("{operation} needs a store and a table in mode versioned or owned"))
    }

    /// A field of a state or key, or an argument of a C function, that is not accepted.
    pub(crate) fn field(name: impl Display, reason: impl Display) -> Self {
        Self::new(ErrorKind::InvalidState, format!("{name}: {reason}"))
    }

    /// A call on a store that was never connected, or was disconnected.
    pub(crate) fn not_connected() -> Self {
        Self::new(ErrorKind::NotConnected, "the store is not connected: call `connect` or `ping` first")
    }

    /// A call in a child process whose parent had connected before `fork`.
    pub(crate) fn forked() -> Self {
        let message =
            "this process was forked from one that had connected: fork before connecting, or exec in the child";
        Self::new(ErrorKind::NotConnected, message)
    }

    /// No lease became free before the deadline.
    pub(crate) fn no_lease(leases: u32) -> Self {
        let message =
            format!("no lease became free in time: all {leases} are held by calls in flight; see `pool_size`");
        Self::new(ErrorKind::PoolTimeout, message)
    }

    pub(crate) fn timeout(message: &str) -> Self {
        Self::new(ErrorKind::Timeout, message)
    }

    /// The condition of a write or delete did not hold: this version is stored, or there is no state.
    pub(crate) fn conflict(stored: Option<u64>) -> Self {
        let message = match stored {
            Some(version) => format!("refused: version {version} is stored"),
            None => "refused: there is no state".to_owned(),
        };
        Self::new(ErrorKind::Conflict, message).with_stored_version(stored)
    }

    /// The condition of a write or delete did not hold: the entity was deleted at this version.
    pub(crate) fn conflict_with_deleted(version: u64) -> Self {
        let message = format!(
            "refused: there is no state, since the entity was deleted at version {version}; a new one needs a higher version"
        );
        Self::new(ErrorKind::Conflict, message).with_stored_version(Some(version))
    }

    /// A write of an entity that the store has not claimed.
    pub(crate) fn unclaimed() -> Self {
        let reason = "this store has not claimed the entity: in mode owned, read it with `get_latest_state` first";
        Self::field("persistence_id", reason)
    }

    /// A write of an entity whose claim is no longer that of this store.
    pub(crate) fn fenced(is_claimed: bool) -> Self {
        let message = if is_claimed {
            "refused: another store has claimed the entity, or this store did and the answer was lost"
        } else {
            "refused: the claim of this store is gone, because the entity was forgotten"
        };
        Self::new(ErrorKind::Fenced, format!("{message}; only `get_latest_state` claims it again"))
    }

    /// The server's answer contains neither that a transaction was applied nor that it was refused.
    pub(crate) fn unclear_transaction() -> Self {
        Self::new(ErrorKind::Server, "the answer does not say whether the transaction was applied")
            .with_indeterminate(true)
    }

    /// A stored row that cannot be read as a state.
    pub(crate) fn corrupt(column: &str, reason: &str) -> Self {
        Self::new(ErrorKind::Corrupt, format!("the stored row cannot be read: column {column} {reason}"))
    }

    /// A keyspace, table, column or index that is missing or different from what the store needs.
    pub(crate) fn schema(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Schema, message)
    }

    /// A bug of this crate, a caught panic, or a failure of the operating system.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Internal, message)
    }
}

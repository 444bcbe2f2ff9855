//! The traits that every store implements.

use super::update::{MOST_CONFLICTS, Steps, pause_at_most};
use crate::{DurableState, DurableStore, Result, WriteCondition};

/// The five operations of eGo's durable state store, for programs that take any store, such as
/// `&dyn StateStore`: a [`DurableStore`] in production, a [`MemoryStore`](crate::MemoryStore) in tests.
///
/// ```
/// use durable_store::{DurableState, MemoryStore, Result, StateStore};
///
/// fn versions_seen(store: &dyn StateStore, persistence_id: &str) -> Result<u64> {
///     Ok(store.get_latest_state(persistence_id)?.map_or(0, |state| state.version_number))
/// }
///
/// let store = MemoryStore::new();
/// store.connect()?;
/// assert_eq!(versions_seen(&store, "account-42")?, 0);
/// # Ok::<(), durable_store::Error>(())
/// ```
pub trait StateStore: Send + Sync {
    /// Makes the store ready for calls.
    ///
    /// # Errors
    /// See [`DurableStore::connect`].
    fn connect(&self) -> Result<()>;

    /// Releases what [`connect`](StateStore::connect) acquired.
    ///
    /// # Errors
    /// See [`DurableStore::disconnect`].
    fn disconnect(&self) -> Result<()>;

    /// Connects if needed, then checks that the store answers.
    ///
    /// # Errors
    /// See [`DurableStore::ping`].
    fn ping(&self) -> Result<()>;

    /// Stores `state` as the latest state of its entity.
    ///
    /// # Errors
    /// See [`DurableStore::write_state`].
    fn write_state(&self, state: &DurableState) -> Result<()>;

    /// Reads the latest state of an entity. Returns `None` if there is none.
    ///
    /// # Errors
    /// See [`DurableStore::get_latest_state`].
    fn get_latest_state(&self, persistence_id: &str) -> Result<Option<DurableState>>;
}

/// The additional operations of a store in [`WriteMode::Versioned`](crate::WriteMode::Versioned) or
/// [`WriteMode::Owned`](crate::WriteMode::Owned): writes and deletes that are refused unless a condition holds.
///
/// In such a store [`write_state`](StateStore::write_state) fails with [`Conflict`](crate::ErrorKind::Conflict) if the
/// stored version number is higher than the new one.
///
/// ```
/// use durable_store::{DurableState, MemoryStore, StateStore, VersionedStateStore, WriteCondition, prost_types::Timestamp};
///
/// let store = MemoryStore::versioned();
/// store.connect()?;
/// let state = DurableState::new("account-42", 1, &Timestamp::default());
/// store.write_state_if(&state, WriteCondition::IfAbsent)?;
/// assert!(store.write_state_if(&state, WriteCondition::IfAbsent).is_err());
/// store.delete_state_if_version("account-42", 1)?;
/// # Ok::<(), durable_store::Error>(())
/// ```
pub trait VersionedStateStore: StateStore {
    /// Stores `state` if the condition holds.
    ///
    /// # Errors
    /// See [`DurableStore::write_state_if`].
    fn write_state_if(&self, state: &DurableState, condition: WriteCondition) -> Result<()>;

    /// Deletes the state of an entity if it has this version number.
    ///
    /// # Errors
    /// See [`DurableStore::delete_state_if_version`].
    fn delete_state_if_version(&self, persistence_id: &str, version_number: u64) -> Result<()>;

    /// Has `change` make the next state of an entity, and writes it if no other writer came first; otherwise begins again.
    /// Returns what is stored in the end. See [`DurableStore::update`] for what `change` gets and returns.
    ///
    /// A store of your own need not implement this: it is made of [`get_latest_state`](StateStore::get_latest_state) and
    /// [`write_state_if`](VersionedStateStore::write_state_if), which compares the version only, with growing pauses after a conflict, and gives up with
    /// [`Timeout`](crate::ErrorKind::Timeout) after 100 of them.
    ///
    /// # Errors
    /// See [`DurableStore::update`].
    fn update(
        &self,
        persistence_id: &str,
        change: &mut dyn FnMut(Option<DurableState>) -> Result<Option<DurableState>>,
    ) -> Result<Option<DurableState>> {
        let steps = Steps {
            read: || self.get_latest_state(persistence_id),
            write: |state: &DurableState, condition, _: Option<&DurableState>| self.write_state_if(state, condition),
            pause: pause_at_most(MOST_CONFLICTS),
        };
        steps.run(persistence_id, change)?
    }
}

/// The further operations of a store in [`WriteMode::Owned`](crate::WriteMode::Owned), in which
/// [`get_latest_state`](StateStore::get_latest_state) claims the entity, and a write of a store that is no longer its owner
/// fails with [`Fenced`](crate::ErrorKind::Fenced).
///
/// ```
/// use durable_store::{DurableState, ErrorKind, MemoryStore, OwnedStateStore, StateStore, prost_types::Timestamp};
///
/// let store = MemoryStore::owned();
/// store.connect()?;
/// let state = DurableState::new("account-42", 1, &Timestamp::default());
/// assert_eq!(store.write_state(&state).unwrap_err().kind(), ErrorKind::InvalidState);
/// store.get_latest_state("account-42")?;
/// store.write_state(&state)?;
/// OwnedStateStore::release(&store, "account-42");
/// # Ok::<(), durable_store::Error>(())
/// ```
pub trait OwnedStateStore: VersionedStateStore {
    /// Removes all that is stored of an entity, its version number and its owner too.
    ///
    /// # Errors
    /// See [`DurableStore::forget_state`].
    fn forget_state(&self, persistence_id: &str) -> Result<()>;

    /// Forgets that this store has claimed an entity.
    fn release(&self, persistence_id: &str);
}

impl StateStore for DurableStore {
    fn connect(&self) -> Result<()> {
        self.connect()
    }

    fn disconnect(&self) -> Result<()> {
        self.disconnect()
    }

    fn ping(&self) -> Result<()> {
        self.ping()
    }

    fn write_state(&self, state: &DurableState) -> Result<()> {
        self.write_state(state)
    }

    fn get_latest_state(&self, persistence_id: &str) -> Result<Option<DurableState>> {
        self.get_latest_state(persistence_id)
    }
}

impl VersionedStateStore for DurableStore {
    fn write_state_if(&self, state: &DurableState, condition: WriteCondition) -> Result<()> {
        self.write_state_if(state, condition)
    }

    fn delete_state_if_version(&self, persistence_id: &str, version_number: u64) -> Result<()> {
        self.delete_state_if_version(persistence_id, version_number)
    }
    fn update(
        &self,
        persistence_id: &str,
        change: &mut dyn FnMut(Option<DurableState>) -> Result<Option<DurableState>>,
    ) -> Result<Option<DurableState>> {
        self.update(persistence_id, change)
    }
}

impl OwnedStateStore for DurableStore {
    fn forget_state(&self, persistence_id: &str) -> Result<()> {
        self.forget_state(persistence_id)
    }

    fn release(&self, persistence_id: &str) {
        self.release(persistence_id);
    }
}

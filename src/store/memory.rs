//! A store in memory, for tests.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::Mutex;

use super::update::{MOST_CONFLICTS, Steps, pause_at_most};
use crate::{
    DurableState, Error, ErrorKind, OwnedStateStore, Result, StateStore, VersionedStateStore, WriteCondition,
    WriteMode,
    call::{claims::Claims, transaction::Found, write_condition},
    state::limits,
};

/// The default of `max_payload_bytes`.
const MAX_PAYLOAD_BYTES: usize = 8 * 1024 * 1024;

/// Keeps states in memory under the same contract as a [`DurableStore`](crate::DurableStore) on a table keyed by id: it
/// refuses the same input, and a state without a payload reads back with an empty one. For the tests of programs that take
/// a [`StateStore`], a [`VersionedStateStore`] or an [`OwnedStateStore`].
///
/// A write replaces what was stored before it, as a table with correct clocks has it.
///
/// States stay after [`disconnect`](StateStore::disconnect), as they do in a table.
///
/// ```
/// use durable_store::{DurableState, MemoryStore, StateStore, prost_types::Timestamp};
///
/// let store = MemoryStore::new();
/// store.connect()?;
/// let state = DurableState::new("account-42", 1, &Timestamp::default());
/// store.write_state(&state)?;
/// assert_eq!(store.get_latest_state("account-42")?, Some(state));
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Default)]
pub struct MemoryStore {
    write_mode: WriteMode,
    connected: AtomicBool,
    contents: Arc<Mutex<Contents>>,
    claims: Claims,
}

#[derive(Default)]
struct Contents {
    entities: HashMap<String, Stored>,
    /// In mode owned: the epoch of the latest claim of each entity that was claimed.
    owner_epochs: HashMap<String, i64>,
    last_epoch: i64,
}

/// What is stored of an entity.
enum Stored {
    State(DurableState),
    /// It was deleted at this version.
    Deleted(u64),
}

impl MemoryStore {
    /// Returns an empty store in which the last write wins, not yet connected.
    ///
    /// ```
    /// let store = durable_store::MemoryStore::new();
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns an empty store that refuses stale writes, as in [`WriteMode::Versioned`], not yet connected.
    ///
    /// ```
    /// let store = durable_store::MemoryStore::versioned();
    /// ```
    pub fn versioned() -> Self {
        Self { write_mode: WriteMode::Versioned, ..Self::default() }
    }

    /// Returns an empty store that writes only what it has claimed, as in [`WriteMode::Owned`], not yet connected.
    ///
    /// ```
    /// use durable_store::{DurableState, ErrorKind, MemoryStore, StateStore, prost_types::Timestamp};
    ///
    /// let store = MemoryStore::owned();
    /// let other = store.another();
    /// store.connect()?;
    /// other.connect()?;
    /// store.get_latest_state("account-42")?;
    /// store.write_state(&DurableState::new("account-42", 1, &Timestamp::default()))?;
    /// other.get_latest_state("account-42")?;
    /// let error = store.write_state(&DurableState::new("account-42", 2, &Timestamp::default())).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Fenced);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn owned() -> Self {
        Self { write_mode: WriteMode::Owned, ..Self::default() }
    }

    /// Returns another store over the same states and in the same mode, not yet connected: as another process has it. See
    /// [`owned`](MemoryStore::owned) for an example.
    #[must_use]
    pub fn another(&self) -> Self {
        Self { write_mode: self.write_mode, contents: Arc::clone(&self.contents), ..Self::default() }
    }

    fn connected<T>(&self, call: impl FnOnce(&mut Contents) -> Result<T>) -> Result<T> {
        if self.connected.load(Ordering::Relaxed) {
            return call(&mut self.contents.lock());
        }
        Err(Error::not_connected())
    }

    /// Makes a change of an entity. In mode owned only its owner can.
    fn change(&self, persistence_id: &str, change: impl FnOnce(&mut Contents, Found) -> Result<()>) -> Result<()> {
        let owner = self.claims.owner(persistence_id);
        if self.write_mode == WriteMode::Owned && owner.is_none() {
            return Err(Error::unclaimed());
        }
        self.connected(|contents| {
            let found = contents.found(persistence_id);
            owner.map_or(Ok(()), |owner| owner.check(found.owner_epoch))?;
            change(contents, found)
        })
    }

    fn write(&self, state: &DurableState, condition: Option<WriteCondition>) -> Result<()> {
        self.write_over(state, condition, None)
    }

    /// Writes a state if the condition holds and this one, if any, is stored, down to the last byte.
    fn write_over(
        &self,
        state: &DurableState,
        condition: Option<WriteCondition>,
        replaced: Option<&DurableState>,
    ) -> Result<()> {
        limits::check_persistence_id(&state.persistence_id)?;
        write_condition::check_write(self.write_mode, state, condition)?;
        let state = accepted(state)?;
        let (id, new) = (state.persistence_id.clone(), state.version_number);
        self.change(&id, |contents, found| {
            if self.write_mode.uses_transactions() && !write_condition::admits(condition, found, new) {
                return Err(found.conflict());
            }
            if replaced.is_some_and(|replaced| contents.state(&id).as_ref() != Some(replaced)) {
                return Err(found.conflict());
            }
            contents.entities.insert(state.persistence_id.clone(), Stored::State(state));
            Ok(())
        })
    }

    fn read(&self, persistence_id: &str) -> Result<Option<DurableState>> {
        limits::check_persistence_id(persistence_id)?;
        self.connected(|contents| {
            if self.write_mode == WriteMode::Owned {
                let before = contents.found(persistence_id).owner_epoch;
                self.claims.begin(persistence_id).succeeded(before, contents.claim(persistence_id));
            }
            Ok(contents.state(persistence_id))
        })
    }

    fn delete(&self, persistence_id: &str, version_number: Option<u64>) -> Result<()> {
        limits::check_persistence_id(persistence_id)?;
        version_number.map_or(Ok(()), |version| write_condition::check_delete(self.write_mode, version))?;
        self.change(persistence_id, |contents, found| {
            if version_number.is_some() && found.state_version() != version_number {
                return Err(found.conflict());
            }
            match found.state_version().filter(|_| self.write_mode.uses_transactions()) {
                Some(version) => contents.entities.insert(persistence_id.to_owned(), Stored::Deleted(version)),
                None if found.is_deleted => None,
                None => contents.entities.remove(persistence_id),
            };
            Ok(())
        })
    }

    fn forget(&self, persistence_id: &str) -> Result<()> {
        limits::check_persistence_id(persistence_id)?;
        write_condition::check_mode(self.write_mode, "forget_state")?;
        let forget = |contents: &mut Contents, _| {
            contents.entities.remove(persistence_id);
            contents.owner_epochs.remove(persistence_id);
            Ok(())
        };
        let is_forgotten = |contents: &Contents| contents.found(persistence_id) == Found::default();
        match self.change(persistence_id, forget) {
            // By another store: there is nothing left to forget.
            Err(error) if error.kind() == ErrorKind::Fenced && is_forgotten(&self.contents.lock()) => {}
            outcome => outcome?,
        }
        self.release(persistence_id);
        Ok(())
    }

    fn update_by(
        &self,
        persistence_id: &str,
        change: &mut dyn FnMut(Option<DurableState>) -> Result<Option<DurableState>>,
    ) -> Result<Result<Option<DurableState>>> {
        limits::check_persistence_id(persistence_id)?;
        write_condition::check_mode(self.write_mode, "update")?;
        let steps = Steps {
            read: || match self.claims.owner(persistence_id) {
                None => self.read(persistence_id),
                owner => self.connected(|contents| {
                    owner.map_or(Ok(()), |owner| owner.check(contents.found(persistence_id).owner_epoch))?;
                    Ok(contents.state(persistence_id))
                }),
            },
            write: |state: &DurableState, condition, current: Option<&DurableState>| {
                self.write_over(state, Some(condition), current)
            },
            pause: pause_at_most(MOST_CONFLICTS),
        };
        steps.run(persistence_id, change)
    }

    /// Deletes the state of an entity. Succeeds if there is none.
    ///
    /// ```
    /// use durable_store::{MemoryStore, StateStore};
    ///
    /// let store = MemoryStore::new();
    /// store.connect()?;
    /// store.delete_state("account-42")?;
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// See [`DurableStore::delete_state`](crate::DurableStore::delete_state).
    pub fn delete_state(&self, persistence_id: &str) -> Result<()> {
        self.delete(persistence_id, None).map_err(|error| error.with_operation("delete_state", Some(persistence_id)))
    }

    /// Removes all that is stored of an entity, its version number and its owner too. Not in [`WriteMode::LastWriteWins`].
    ///
    /// ```
    /// use durable_store::{DurableState, MemoryStore, StateStore, prost_types::Timestamp};
    ///
    /// let store = MemoryStore::versioned();
    /// store.connect()?;
    /// store.write_state(&DurableState::new("account-42", 7, &Timestamp::default()))?;
    /// store.delete_state("account-42")?;
    /// let first = DurableState::new("account-42", 1, &Timestamp::default());
    /// assert_eq!(store.write_state(&first).unwrap_err().stored_version(), Some(7));
    /// store.forget_state("account-42")?;
    /// store.write_state(&first)?;
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// See [`DurableStore::forget_state`](crate::DurableStore::forget_state).
    pub fn forget_state(&self, persistence_id: &str) -> Result<()> {
        self.forget(persistence_id).map_err(|error| error.with_operation("forget_state", Some(persistence_id)))
    }

    /// Forgets that this store has claimed an entity, in [`WriteMode::Owned`].
    ///
    /// ```
    /// use durable_store::{DurableState, ErrorKind, MemoryStore, StateStore, prost_types::Timestamp};
    ///
    /// let store = MemoryStore::owned();
    /// store.connect()?;
    /// store.get_latest_state("account-42")?;
    /// store.release("account-42");
    /// let error = store.write_state(&DurableState::new("account-42", 1, &Timestamp::default())).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidState);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn release(&self, persistence_id: &str) {
        self.claims.release(persistence_id);
    }
}

impl Contents {
    fn found(&self, persistence_id: &str) -> Found {
        let (version, is_deleted) = match self.entities.get(persistence_id) {
            Some(Stored::State(state)) => (Some(state.version_number), false),
            Some(Stored::Deleted(version)) => (Some(*version), true),
            None => (None, false),
        };
        Found { version, is_deleted, owner_epoch: self.owner_epochs.get(persistence_id).copied() }
    }

    fn state(&self, persistence_id: &str) -> Option<DurableState> {
        match self.entities.get(persistence_id)? {
            Stored::State(state) => Some(state.clone()),
            Stored::Deleted(_) => None,
        }
    }

    /// The epoch of a new claim of the entity.
    fn claim(&mut self, persistence_id: &str) -> i64 {
        self.last_epoch += 1;
        self.owner_epochs.insert(persistence_id.to_owned(), self.last_epoch);
        self.last_epoch
    }
}

/// A state as it is kept, or why its payload is refused.
fn accepted(state: &DurableState) -> Result<DurableState> {
    let resulting_state = state.resulting_state.clone().unwrap_or_default();
    limits::check_payload(prost::Message::encoded_len(&resulting_state), MAX_PAYLOAD_BYTES, "`MemoryStore`")?;
    Ok(DurableState { resulting_state: Some(resulting_state), ..state.clone() })
}

impl StateStore for MemoryStore {
    fn connect(&self) -> Result<()> {
        self.connected.store(true, Ordering::Relaxed);
        Ok(())
    }

    fn disconnect(&self) -> Result<()> {
        self.connected.store(false, Ordering::Relaxed);
        Ok(())
    }

    fn ping(&self) -> Result<()> {
        self.connect()
    }

    fn write_state(&self, state: &DurableState) -> Result<()> {
        self.write(state, None).map_err(|error| error.with_operation("write_state", Some(&state.persistence_id)))
    }

    fn get_latest_state(&self, persistence_id: &str) -> Result<Option<DurableState>> {
        self.read(persistence_id).map_err(|error| error.with_operation("get_latest_state", Some(persistence_id)))
    }
}

impl VersionedStateStore for MemoryStore {
    fn write_state_if(&self, state: &DurableState, condition: WriteCondition) -> Result<()> {
        let written = self.write(state, Some(condition));
        written.map_err(|error| error.with_operation("write_state_if", Some(&state.persistence_id)))
    }

    fn delete_state_if_version(&self, persistence_id: &str, version_number: u64) -> Result<()> {
        let deleted = self.delete(persistence_id, Some(version_number));
        deleted.map_err(|error| error.with_operation("delete_state_if_version", Some(persistence_id)))
    }

    fn update(
        &self,
        persistence_id: &str,
        change: &mut dyn FnMut(Option<DurableState>) -> Result<Option<DurableState>>,
    ) -> Result<Option<DurableState>> {
        let updated = self.update_by(persistence_id, change);
        updated.map_err(|error| error.with_operation("update", Some(persistence_id)))?
    }
}

impl OwnedStateStore for MemoryStore {
    fn forget_state(&self, persistence_id: &str) -> Result<()> {
        self.forget_state(persistence_id)
    }

    fn release(&self, persistence_id: &str) {
        self.release(persistence_id);
    }
}

impl fmt::Debug for MemoryStore {
    /// Shows how many entities are stored, not which.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("write_mode", &self.write_mode)
            .field("connected", &self.connected)
            .field("entities", &self.contents.lock().entities.len())
            .finish()
    }
}

#[cfg(test)]
mod tests;

//! A store in memory, for tests.

use std::{collections::HashMap, fmt};

use parking_lot::Mutex;

use crate::{
    DurableState, Error, Result, StateStore, VersionedStateStore, WriteCondition, WriteMode,
    call::{transaction::Found, write_condition},
    state::limits,
};

/// The default of `max_payload_bytes`.
const MAX_PAYLOAD_BYTES: usize = 8 * 1024 * 1024;

/// Keeps states in memory under the same contract as a [`DurableStore`](crate::DurableStore) on a table keyed by id: it
/// refuses the same input, and a state without a payload reads back with an empty one. For the tests of programs that take
/// a [`StateStore`] or a [`VersionedStateStore`].
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
    contents: Mutex<Contents>,
}

#[derive(Default)]
struct Contents {
    connected: bool,
    entities: HashMap<String, Stored>,
}

/// What is stored of an entity.
enum Stored {
    State(DurableState),
    /// It was deleted at this version.
    Deleted(u64),
}

impl From<&Stored> for Found {
    fn from(stored: &Stored) -> Self {
        match stored {
            Stored::State(state) => Self { version: Some(state.version_number), is_deleted: false },
            Stored::Deleted(version) => Self { version: Some(*version), is_deleted: true },
        }
    }
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

    fn connected<T>(&self, call: impl FnOnce(&mut Contents) -> Result<T>) -> Result<T> {
        let mut contents = self.contents.lock();
        if contents.connected {
            return call(&mut contents);
        }
        Err(Error::not_connected())
    }

    fn write(&self, state: &DurableState, condition: Option<WriteCondition>) -> Result<()> {
        limits::check_persistence_id(&state.persistence_id)?;
        write_condition::check_write(self.write_mode, state, condition)?;
        let state = accepted(state)?;
        self.connected(|contents| {
            let found = contents.found(&state.persistence_id);
            if self.write_mode.uses_transactions() && !write_condition::admits(condition, found, state.version_number) {
                return Err(found.conflict());
            }
            contents.entities.insert(state.persistence_id.clone(), Stored::State(state));
            Ok(())
        })
    }

    fn read(&self, persistence_id: &str) -> Result<Option<DurableState>> {
        limits::check_persistence_id(persistence_id)?;
        self.connected(|contents| match contents.entities.get(persistence_id) {
            Some(Stored::State(state)) => Ok(Some(state.clone())),
            Some(Stored::Deleted(_)) | None => Ok(None),
        })
    }

    fn delete(&self, persistence_id: &str, version_number: Option<u64>) -> Result<()> {
        limits::check_persistence_id(persistence_id)?;
        version_number.map_or(Ok(()), |version| write_condition::check_delete(self.write_mode, version))?;
        self.connected(|contents| {
            let found = contents.found(persistence_id);
            if version_number.is_some() && found.state() != version_number {
                return Err(found.conflict());
            }
            match found.state().filter(|_| self.write_mode.uses_transactions()) {
                Some(version) => contents.entities.insert(persistence_id.to_owned(), Stored::Deleted(version)),
                None if found.is_deleted => None,
                None => contents.entities.remove(persistence_id),
            };
            Ok(())
        })
    }

    fn forget(&self, persistence_id: &str) -> Result<()> {
        limits::check_persistence_id(persistence_id)?;
        write_condition::check_forget(self.write_mode)?;
        self.connected(|contents| {
            contents.entities.remove(persistence_id);
            Ok(())
        })
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

    /// Removes all that is stored of an entity, its version number too. In [`WriteMode::Versioned`] only.
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
}

impl Contents {
    fn found(&self, persistence_id: &str) -> Found {
        self.entities.get(persistence_id).map(Found::from).unwrap_or_default()
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
        self.contents.lock().connected = true;
        Ok(())
    }

    fn disconnect(&self) -> Result<()> {
        self.contents.lock().connected = false;
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
}

impl fmt::Debug for MemoryStore {
    /// Shows how many entities are stored, not which.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let contents = self.contents.lock();
        f.debug_struct("MemoryStore")
            .field("connected", &contents.connected)
            .field("entities", &contents.entities.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use prost_types::{Any, Timestamp};

    use super::*;
    use crate::ErrorKind;

    fn connected() -> MemoryStore {
        let store = MemoryStore::new();
        store.ping().unwrap();
        store
    }

    #[test]
    fn the_last_write_wins_whatever_its_version() {
        let store = connected();
        for version in [2, 1, 1] {
            store.write_state(&DurableState::new("a", version, &Timestamp::default())).unwrap();
            assert_eq!(store.get_latest_state("a").unwrap().unwrap().version_number, version);
        }
        assert_eq!(store.get_latest_state("b").unwrap(), None);
    }

    #[test]
    fn no_state_reads_back_as_an_empty_one() {
        let store = connected();
        store.write_state(&DurableState { persistence_id: "a".into(), ..Default::default() }).unwrap();
        assert_eq!(store.get_latest_state("a").unwrap().unwrap().resulting_state, Some(Any::default()));
    }

    #[test]
    fn a_memory_store_refuses_what_the_table_refuses() {
        let store = connected();
        let state = |id: &str, bytes| DurableState {
            persistence_id: id.into(),
            resulting_state: Some(Any { type_url: "type.googleapis.com/a.B".into(), value: vec![0; bytes] }),
            ..Default::default()
        };
        for refused in [state("", 1), state(&"a".repeat(65_536), 1), state("a", MAX_PAYLOAD_BYTES)] {
            assert_eq!(store.write_state(&refused).unwrap_err().kind(), ErrorKind::InvalidState);
        }
        assert_eq!(store.get_latest_state("").unwrap_err().kind(), ErrorKind::InvalidState);
    }

    #[test]
    fn a_versioned_memory_store_refuses_stale_writes() {
        let store = MemoryStore::versioned();
        store.ping().unwrap();
        let state = |version| DurableState::new("a", version, &Timestamp::default());
        let refused = |outcome: Result<()>, stored| {
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, stored), "{error}");
        };
        refused(store.write_state_if(&state(2), WriteCondition::IfVersion(1)), None);
        refused(store.delete_state_if_version("a", 1), None);
        store.write_state_if(&state(1), WriteCondition::IfAbsent).unwrap();
        refused(store.write_state_if(&state(1), WriteCondition::IfAbsent), Some(1));
        store.write_state_if(&state(3), WriteCondition::IfVersion(1)).unwrap();
        refused(store.write_state(&state(2)), Some(3));
        store.write_state(&state(3)).unwrap();
        refused(store.delete_state_if_version("a", 1), Some(3));
    }

    #[test]
    fn a_versioned_memory_store_keeps_the_version_of_a_delete() {
        let store = MemoryStore::versioned();
        store.ping().unwrap();
        let state = |version| DurableState::new("a", version, &Timestamp::default());
        store.write_state(&state(3)).unwrap();
        store.delete_state_if_version("a", 3).unwrap();
        store.delete_state("a").unwrap();
        assert_eq!(store.get_latest_state("a").unwrap(), None);
        for refused in [
            store.write_state(&state(3)),
            store.write_state_if(&state(3), WriteCondition::IfAbsent),
            store.write_state_if(&state(4), WriteCondition::IfVersion(3)),
            store.delete_state_if_version("a", 3),
        ] {
            assert_eq!(refused.unwrap_err().stored_version(), Some(3));
        }
        store.write_state_if(&state(4), WriteCondition::IfAbsent).unwrap();
        store.delete_state("a").unwrap();
        store.write_state(&state(5)).unwrap();
        store.forget_state("a").unwrap();
        store.write_state(&state(1)).unwrap();
        assert_eq!(connected().forget_state("a").unwrap_err().kind(), ErrorKind::Config);
    }

    #[test]
    fn conditions_need_a_versioned_store() {
        let store = connected();
        let state = DurableState::new("a", 1, &Timestamp::default());
        for outcome in [store.write_state_if(&state, WriteCondition::IfAbsent), store.delete_state_if_version("a", 1)] {
            assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Config);
        }
    }

    #[test]
    fn bad_input_is_refused_before_the_connection_is_checked() {
        let state = DurableState::new("a", 1 << 63, &Timestamp::default());
        for (store, kind) in
            [(MemoryStore::new(), ErrorKind::Config), (MemoryStore::versioned(), ErrorKind::InvalidState)]
        {
            for connected in [false, true] {
                let refused = [
                    store.write_state_if(&state, WriteCondition::IfAbsent),
                    store.delete_state_if_version("a", state.version_number),
                ];
                for outcome in refused {
                    assert_eq!(outcome.unwrap_err().kind(), kind, "{connected}");
                }
                store.connect().unwrap();
            }
        }
    }

    #[test]
    fn calls_need_a_connection_and_states_outlive_it() {
        let store = connected();
        store.write_state(&DurableState::new("a", 1, &Timestamp::default())).unwrap();
        store.disconnect().unwrap();
        let error = store.get_latest_state("a").unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::NotConnected, Some("get_latest_state")));
        store.connect().unwrap();
        assert!(store.get_latest_state("a").unwrap().is_some());
    }
}

//! A store in memory, for tests.

use std::{collections::HashMap, fmt};

use parking_lot::Mutex;

use crate::{DurableState, Error, ErrorKind, Result, StateStore, guard};

/// The default of `max_payload_bytes`.
const MAX_PAYLOAD_BYTES: usize = 8 * 1024 * 1024;

/// Keeps states in memory under the same contract as a [`DurableStore`](crate::DurableStore) on a table keyed by id:
/// the last write wins, what is refused there is refused here, and no state reads back as an empty one. For the tests
/// of programs that take a [`StateStore`].
///
/// What was written stays after [`disconnect`](StateStore::disconnect), as it does in a table.
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
    contents: Mutex<Contents>,
}

#[derive(Default)]
struct Contents {
    connected: bool,
    states: HashMap<String, DurableState>,
}

impl MemoryStore {
    /// An empty store, not yet connected.
    pub fn new() -> Self {
        Self::default()
    }

    fn connected<T>(&self, call: impl FnOnce(&mut HashMap<String, DurableState>) -> T) -> Result<T> {
        let mut contents = self.contents.lock();
        if contents.connected {
            return Ok(call(&mut contents.states));
        }
        Err(Error::new(ErrorKind::NotConnected, "the store is not connected: call `connect` or `ping` first"))
    }

    fn write(&self, state: &DurableState) -> Result<()> {
        guard::check_persistence_id(&state.persistence_id, false)?;
        let resulting_state = state.resulting_state.clone().unwrap_or_default();
        guard::check_payload(&prost::Message::encode_to_vec(&resulting_state), MAX_PAYLOAD_BYTES, "`MemoryStore`")?;
        let stored = DurableState { resulting_state: Some(resulting_state), ..state.clone() };
        self.connected(|states| drop(states.insert(stored.persistence_id.clone(), stored)))
    }

    fn read(&self, persistence_id: &str) -> Result<Option<DurableState>> {
        guard::check_persistence_id(persistence_id, false)?;
        self.connected(|states| states.get(persistence_id).cloned())
    }
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
        self.write(state).map_err(|error| error.during("write_state", Some(&state.persistence_id)))
    }

    fn get_latest_state(&self, persistence_id: &str) -> Result<Option<DurableState>> {
        self.read(persistence_id).map_err(|error| error.during("get_latest_state", Some(persistence_id)))
    }
}

impl fmt::Debug for MemoryStore {
    /// Shows how many states there are, not which.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let contents = self.contents.lock();
        f.debug_struct("MemoryStore")
            .field("connected", &contents.connected)
            .field("states", &contents.states.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use prost_types::{Any, Timestamp};

    use super::*;

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
    fn it_refuses_what_the_table_refuses() {
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

//! A store with exactly one fault.

use std::thread::{self, ThreadId};

use durable_store::{
    DurableState, MemoryStore, OwnedStateStore, Result, StateStore, VersionedStateStore, WriteCondition,
};

/// Broken stores, each with the only case it may fail.
pub(crate) type Faults = Vec<(&'static str, Broken)>;

type OnStore = Box<dyn Fn(&MemoryStore) -> Result<()> + Send + Sync>;
type OnWrite = Box<dyn Fn(&MemoryStore, &DurableState) -> Result<()> + Send + Sync>;
type OnRead = Box<dyn Fn(&MemoryStore, &str) -> Result<Option<DurableState>> + Send + Sync>;
type OnWriteIf = Box<dyn Fn(&MemoryStore, &DurableState, WriteCondition) -> Result<()> + Send + Sync>;
type OnDelete = Box<dyn Fn(&MemoryStore, &str, u64) -> Result<()> + Send + Sync>;
type OnForget = Box<dyn Fn(&MemoryStore, &str) -> Result<()> + Send + Sync>;
type OnRelease = Box<dyn Fn(&MemoryStore, &str) + Send + Sync>;
type OnUpdate = Box<dyn Fn(&MemoryStore, &str, Change<'_>) -> Result<Option<DurableState>> + Send + Sync>;

/// What makes the next state of an entity.
pub(crate) type Change<'c> = &'c mut dyn FnMut(Option<DurableState>) -> Result<Option<DurableState>>;

/// A store in memory, some of whose methods do something else.
pub(crate) struct Broken {
    sound: MemoryStore,
    connect: OnStore,
    disconnect: OnStore,
    ping: OnStore,
    write: OnWrite,
    read: OnRead,
    write_if: OnWriteIf,
    delete: OnDelete,
    forget: OnForget,
    release: OnRelease,
    update: OnUpdate,
}

impl Broken {
    pub(crate) fn of(sound: MemoryStore) -> Self {
        Self {
            sound,
            connect: Box::new(MemoryStore::connect),
            disconnect: Box::new(MemoryStore::disconnect),
            ping: Box::new(MemoryStore::ping),
            write: Box::new(MemoryStore::write_state),
            read: Box::new(MemoryStore::get_latest_state),
            write_if: Box::new(MemoryStore::write_state_if),
            delete: Box::new(MemoryStore::delete_state_if_version),
            forget: Box::new(MemoryStore::forget_state),
            release: Box::new(MemoryStore::release),
            update: Box::new(VersionedStateStore::update),
        }
    }

    pub(crate) fn connect(self, does: impl Fn(&MemoryStore) -> Result<()> + Send + Sync + 'static) -> Self {
        Self { connect: Box::new(does), ..self }
    }

    pub(crate) fn disconnect(self, does: impl Fn(&MemoryStore) -> Result<()> + Send + Sync + 'static) -> Self {
        Self { disconnect: Box::new(does), ..self }
    }

    pub(crate) fn ping(self, does: impl Fn(&MemoryStore) -> Result<()> + Send + Sync + 'static) -> Self {
        Self { ping: Box::new(does), ..self }
    }

    pub(crate) fn write(
        self,
        does: impl Fn(&MemoryStore, &DurableState) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { write: Box::new(does), ..self }
    }

    pub(crate) fn read(
        self,
        does: impl Fn(&MemoryStore, &str) -> Result<Option<DurableState>> + Send + Sync + 'static,
    ) -> Self {
        Self { read: Box::new(does), ..self }
    }

    /// What is read is what `change` makes of what is stored.
    pub(crate) fn change(self, change: impl Fn(&mut DurableState) + Send + Sync + 'static) -> Self {
        self.read(move |store, id| {
            let mut state = store.get_latest_state(id)?;
            state.iter_mut().for_each(&change);
            Ok(state)
        })
    }

    /// An id is another one to writes and reads.
    pub(crate) fn rename(self, rename: impl Fn(&str) -> String + Clone + Send + Sync + 'static) -> Self {
        let renamed = rename.clone();
        self.read(move |store, id| store.get_latest_state(&rename(id))).write(move |store, state| {
            store.write_state(&DurableState { persistence_id: renamed(&state.persistence_id), ..state.clone() })
        })
    }

    pub(crate) fn write_if(
        self,
        does: impl Fn(&MemoryStore, &DurableState, WriteCondition) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self { write_if: Box::new(does), ..self }
    }

    pub(crate) fn delete(self, does: impl Fn(&MemoryStore, &str, u64) -> Result<()> + Send + Sync + 'static) -> Self {
        Self { delete: Box::new(does), ..self }
    }

    pub(crate) fn forget(self, does: impl Fn(&MemoryStore, &str) -> Result<()> + Send + Sync + 'static) -> Self {
        Self { forget: Box::new(does), ..self }
    }

    pub(crate) fn release(self, does: impl Fn(&MemoryStore, &str) + Send + Sync + 'static) -> Self {
        Self { release: Box::new(does), ..self }
    }

    pub(crate) fn update(
        self,
        does: impl Fn(&MemoryStore, &str, Change<'_>) -> Result<Option<DurableState>> + Send + Sync + 'static,
    ) -> Self {
        Self { update: Box::new(does), ..self }
    }
}

impl StateStore for Broken {
    fn connect(&self) -> Result<()> {
        (self.connect)(&self.sound)
    }

    fn disconnect(&self) -> Result<()> {
        (self.disconnect)(&self.sound)
    }

    fn ping(&self) -> Result<()> {
        (self.ping)(&self.sound)
    }

    fn write_state(&self, state: &DurableState) -> Result<()> {
        (self.write)(&self.sound, state)
    }

    fn get_latest_state(&self, persistence_id: &str) -> Result<Option<DurableState>> {
        (self.read)(&self.sound, persistence_id)
    }
}

impl VersionedStateStore for Broken {
    fn write_state_if(&self, state: &DurableState, condition: WriteCondition) -> Result<()> {
        (self.write_if)(&self.sound, state, condition)
    }

    fn delete_state_if_version(&self, persistence_id: &str, version_number: u64) -> Result<()> {
        (self.delete)(&self.sound, persistence_id, version_number)
    }

    fn update(&self, persistence_id: &str, change: Change<'_>) -> Result<Option<DurableState>> {
        (self.update)(&self.sound, persistence_id, change)
    }
}

impl OwnedStateStore for Broken {
    fn forget_state(&self, persistence_id: &str) -> Result<()> {
        (self.forget)(&self.sound, persistence_id)
    }

    fn release(&self, persistence_id: &str) {
        (self.release)(&self.sound, persistence_id);
    }
}

/// Which version is stored, if any; none either while the store is not connected.
pub(crate) fn version(store: &MemoryStore, persistence_id: &str) -> Option<u64> {
    store.get_latest_state(persistence_id).ok().flatten().map(|state| state.version_number)
}

pub(crate) fn is_connected(store: &MemoryStore) -> bool {
    store.get_latest_state("any").is_ok()
}

/// Says whether it is asked on another thread than this one: where cases write at once, and nowhere else.
pub(crate) fn elsewhere() -> impl Fn() -> bool + Clone {
    let here: ThreadId = thread::current().id();
    move || thread::current().id() != here
}

//! A store of one type of state.

use std::{fmt, marker::PhantomData};

use super::DurableStore;
use crate::{DurableState, Result, StateKey};

/// A [`DurableStore`] whose states are all messages of type `M`; made by [`DurableStore::typed`].
///
/// ```no_run
/// use durable_store::{Config, DurableStore, prost_types::Timestamp};
///
/// let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
/// store.connect()?;
/// let seen = store.typed::<Timestamp>();
/// seen.write("door-7", 1, &Timestamp { seconds: 42, nanos: 0 })?;
/// let latest = seen.get_latest("door-7")?;
/// assert_eq!(latest.map(|state| state.message.seconds), Some(42));
/// # Ok::<(), durable_store::Error>(())
/// ```
pub struct TypedStore<M> {
    store: DurableStore,
    message: PhantomData<fn() -> M>,
}

/// The latest state of an entity, decoded.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TypedState<M> {
    /// Names the entity.
    pub persistence_id: String,
    /// Counts the states of the entity.
    pub version_number: u64,
    /// The state itself.
    pub message: M,
    /// When the state was made, as its writer has it: [`TypedStore::write`] milliseconds since 1970.
    pub timestamp: i64,
    /// The shard of the entity.
    pub shard: u64,
}

impl DurableStore {
    /// This store for states that are all of type `M`. It is a handle as every other.
    pub fn typed<M: prost::Name + Default>(&self) -> TypedStore<M> {
        TypedStore { store: self.clone(), message: PhantomData }
    }
}

impl<M: prost::Name + Default> TypedStore<M> {
    /// Stores `message` as the latest state of an entity, made now. On a table keyed by shard it goes into the shard that
    /// [`sharding`](crate::ConfigBuilder::sharding) gives for the id, and into shard 0 where it gives none.
    ///
    /// # Errors
    /// As of [`DurableStore::write_state`].
    pub fn write(&self, persistence_id: &str, version_number: u64, message: &M) -> Result<()> {
        let shard = self.store.config().sharding().shard_of_key(&persistence_id.into())?.unwrap_or_default();
        self.store.write_state(&DurableState::new(persistence_id, version_number, message).with_shard(shard))
    }

    /// The latest state of an entity, or `None` if there is none.
    ///
    /// # Errors
    /// As of [`DurableStore::get_latest_state`], and [`InvalidState`](crate::ErrorKind::InvalidState) if what is stored is
    /// of another type, which the error names beside `M`.
    pub fn get_latest<'k>(&self, key: impl Into<StateKey<'k>>) -> Result<Option<TypedState<M>>> {
        let Some(state) = self.store.get_latest_state(key)? else { return Ok(None) };
        let message = state.to_msg()?;
        let DurableState { persistence_id, version_number, timestamp, shard, .. } = state;
        Ok(Some(TypedState { persistence_id, version_number, message, timestamp, shard }))
    }

    /// The store beneath, for everything that does not depend on the type.
    pub fn store(&self) -> &DurableStore {
        &self.store
    }
}

impl<M> Clone for TypedStore<M> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), message: PhantomData }
    }
}

impl<M: prost::Name> fmt::Debug for TypedStore<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedStore").field("message", &M::full_name()).field("store", &self.store).finish()
    }
}

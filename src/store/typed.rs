//! A store of one type of state ([`TypedStore`]), its states ([`TypedState`], in `state`) and its scans ([`TypedStates`],
//! in `states`).

mod state;
mod states;

use std::{borrow::Borrow, fmt, marker::PhantomData, time::Duration};

pub use state::TypedState;
pub use states::TypedStates;

use super::DurableStore;
use crate::{Config, Consistency, DurableState, Error, Result, SchemaOptions, StateKey, Ttl, WriteCondition};

/// A [`DurableStore`] whose states are all messages of type `M`; returned by [`DurableStore::typed`]. It has the calls of
/// the plain store under the same names, with [`TypedState`] in place of [`DurableState`].
///
/// ```no_run
/// use durable_store::{Config, TypedState, prost_types::Timestamp};
///
/// let store = Config::builder().contact_points(["127.0.0.1"]).build()?.connect()?.typed::<Timestamp>();
/// store.write_state(&TypedState::new("door-7", 1, Timestamp { seconds: 42, nanos: 0 }))?;
/// let latest = store.get_latest_state("door-7")?;
/// assert_eq!(latest.map(|state| state.message.seconds), Some(42));
/// # Ok::<(), durable_store::Error>(())
/// ```
///
/// On a table keyed by shard, a state in shard 0, the default, is written into the shard that
/// [`sharding`](crate::ConfigBuilder::sharding) computes from its id, if it computes one.
///
/// A stored state of another type fails with [`InvalidState`](crate::ErrorKind::InvalidState), and bytes that do not
/// decode as an `M` with [`Corrupt`](crate::ErrorKind::Corrupt).
pub struct TypedStore<M> {
    store: DurableStore,
    message: PhantomData<fn() -> M>,
}

impl DurableStore {
    /// Returns a handle of this store for states that are all of type `M`.
    ///
    /// ```
    /// # use durable_store::{Config, DurableStore, prost_types::Timestamp};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let doors = store.typed::<Timestamp>().with_table("doors");
    /// assert_eq!(doors.config().table(), "doors");
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn typed<M: prost::Name + Default>(&self) -> TypedStore<M> {
        TypedStore { store: self.clone(), message: PhantomData }
    }
}

/// Calls with states.
impl<M: prost::Name + Default> TypedStore<M> {
    /// See [`DurableStore::write_state`].
    ///
    /// # Errors
    /// See [`DurableStore::write_state`].
    pub fn write_state(&self, state: &TypedState<M>) -> Result<()> {
        self.store.write_state(&self.encoded(state))
    }

    /// See [`DurableStore::write_state_if`].
    ///
    /// # Errors
    /// See [`DurableStore::write_state_if`].
    pub fn write_state_if(&self, state: &TypedState<M>, condition: WriteCondition) -> Result<()> {
        self.store.write_state_if(&self.encoded(state), condition)
    }

    /// See [`DurableStore::write_states`].
    ///
    /// # Errors
    /// See [`DurableStore::write_states`].
    #[must_use = "each state has an outcome of its own"]
    pub fn write_states<S: Borrow<TypedState<M>>>(&self, states: impl IntoIterator<Item = S>) -> Vec<Result<()>> {
        self.store.write_states(states.into_iter().map(|state| self.encoded(state.borrow())))
    }

    /// See [`DurableStore::update`].
    ///
    /// # Errors
    /// See [`DurableStore::update`] and [`get_latest_state`](TypedStore::get_latest_state).
    pub fn update<'k>(
        &self,
        key: impl Into<StateKey<'k>>,
        mut change: impl FnMut(Option<TypedState<M>>) -> Result<Option<TypedState<M>>>,
    ) -> Result<Option<TypedState<M>>> {
        let updated = self.store.update(key, |state| {
            let changed = change(state.map(TypedState::try_from).transpose()?)?;
            Ok(changed.map(|state| self.encoded(&state)))
        })?;
        updated.map(TypedState::try_from).transpose()
    }

    /// See [`DurableStore::get_latest_state`].
    ///
    /// # Errors
    /// See [`DurableStore::get_latest_state`], and fails with [`InvalidState`](crate::ErrorKind::InvalidState) if the
    /// stored state is of another type; the error names both.
    pub fn get_latest_state<'k>(&self, key: impl Into<StateKey<'k>>) -> Result<Option<TypedState<M>>> {
        self.store.get_latest_state(key)?.map(TypedState::try_from).transpose()
    }

    /// See [`DurableStore::get_latest_states`].
    ///
    /// # Errors
    /// See [`get_latest_state`](TypedStore::get_latest_state), for each item.
    #[must_use = "each key has an outcome of its own"]
    pub fn get_latest_states<'k, K: Into<StateKey<'k>>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Vec<Result<Option<TypedState<M>>>> {
        let states = self.store.get_latest_states(keys).into_iter();
        states.map(|state| state?.map(TypedState::try_from).transpose()).collect()
    }

    /// See [`DurableStore::shard_states`].
    pub fn shard_states(&self, shard: u64) -> TypedStates<M> {
        TypedStates::new(self.store.shard_states(shard))
    }

    /// See [`DurableStore::all_states`].
    pub fn all_states(&self) -> TypedStates<M> {
        TypedStates::new(self.store.all_states())
    }

    /// The state as it is written.
    fn encoded(&self, state: &TypedState<M>) -> DurableState {
        let shard = match state.shard {
            0 => self.store.config().sharding().computed(&state.persistence_id).unwrap_or_default(),
            shard => shard,
        };
        state.to_durable_state().with_shard(shard)
    }
}

/// Calls that do not depend on the type.
impl<M> TypedStore<M> {
    /// See [`DurableStore::connect`].
    ///
    /// # Errors
    /// See [`DurableStore::connect`].
    pub fn connect(&self) -> Result<()> {
        self.store.connect()
    }

    /// See [`DurableStore::disconnect`].
    ///
    /// # Errors
    /// See [`DurableStore::disconnect`].
    pub fn disconnect(&self) -> Result<()> {
        self.store.disconnect()
    }

    /// See [`DurableStore::ping`].
    ///
    /// # Errors
    /// See [`DurableStore::ping`].
    pub fn ping(&self) -> Result<()> {
        self.store.ping()
    }

    /// See [`DurableStore::delete_state`].
    ///
    /// # Errors
    /// See [`DurableStore::delete_state`].
    pub fn delete_state<'k>(&self, key: impl Into<StateKey<'k>>) -> Result<()> {
        self.store.delete_state(key)
    }

    /// See [`DurableStore::delete_state_if_version`].
    ///
    /// # Errors
    /// See [`DurableStore::delete_state_if_version`].
    pub fn delete_state_if_version<'k>(&self, key: impl Into<StateKey<'k>>, version_number: u64) -> Result<()> {
        self.store.delete_state_if_version(key, version_number)
    }

    /// See [`DurableStore::forget_state`].
    ///
    /// # Errors
    /// See [`DurableStore::forget_state`].
    pub fn forget_state<'k>(&self, key: impl Into<StateKey<'k>>) -> Result<()> {
        self.store.forget_state(key)
    }

    /// See [`DurableStore::release`].
    pub fn release(&self, persistence_id: &str) {
        self.store.release(persistence_id);
    }

    /// See [`DurableStore::create_schema`].
    ///
    /// # Errors
    /// See [`DurableStore::create_schema`].
    pub fn create_schema(&self, options: &SchemaOptions) -> Result<()> {
        self.store.create_schema(options)
    }

    /// See [`DurableStore::schema_cql`].
    pub fn schema_cql(&self, options: &SchemaOptions) -> String {
        self.store.schema_cql(options)
    }

    /// See [`DurableStore::config`].
    pub fn config(&self) -> &Config {
        self.store.config()
    }

    /// See [`DurableStore::with_consistency`].
    #[must_use]
    pub fn with_consistency(&self, consistency: Consistency) -> Self {
        Self { store: self.store.with_consistency(consistency), message: PhantomData }
    }

    /// See [`DurableStore::with_call_timeout`].
    #[must_use]
    pub fn with_call_timeout(&self, timeout: Duration) -> Self {
        Self { store: self.store.with_call_timeout(timeout), message: PhantomData }
    }

    /// See [`DurableStore::with_table`].
    #[must_use]
    pub fn with_table(&self, table: impl AsRef<str>) -> Self {
        Self { store: self.store.with_table(table), message: PhantomData }
    }

    /// See [`DurableStore::with_ttl`].
    #[must_use]
    pub fn with_ttl(&self, ttl: impl TryInto<Ttl, Error: Into<Error>>) -> Self {
        Self { store: self.store.with_ttl(ttl), message: PhantomData }
    }

    /// Returns the plain store that this one is a handle of, for states of other types.
    ///
    /// ```
    /// # use durable_store::{Config, DurableStore, prost_types::Timestamp};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// assert_eq!(store.typed::<Timestamp>().store().config(), store.config());
    /// # Ok::<(), durable_store::Error>(())
    /// ```
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

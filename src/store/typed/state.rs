//! A state whose message is decoded.

use crate::{DurableState, Error, Result};

/// The state of one entity, with its message decoded; see [`TypedStore`](crate::TypedStore).
///
/// ```
/// use durable_store::{DurableState, TypedState, prost_types::Timestamp};
///
/// let state = TypedState::new("door-7", 1, Timestamp { seconds: 42, nanos: 0 }).with_shard(3);
/// let encoded: DurableState = state.to_durable_state();
/// assert_eq!((encoded.version_number, encoded.shard), (1, 3));
/// assert_eq!(TypedState::try_from(encoded)?, state);
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct TypedState<M> {
    /// Names the entity.
    pub persistence_id: String,
    /// Counts the states of the entity.
    pub version_number: u64,
    /// The state itself.
    pub message: M,
    /// When the state was made, as its writer has it; [`TypedState::new`] sets milliseconds since 1970.
    pub timestamp: i64,
    /// The shard of the entity.
    pub shard: u64,
}

impl<M: prost::Name> TypedState<M> {
    /// Returns the state of `persistence_id` at `version_number`, made now, in shard 0.
    ///
    /// ```
    /// use durable_store::{TypedState, prost_types::Timestamp};
    ///
    /// let state = TypedState::new("door-7", 1, Timestamp::default());
    /// assert_eq!((state.version_number, state.shard), (1, 0));
    /// ```
    pub fn new(persistence_id: impl Into<String>, version_number: u64, message: M) -> Self {
        let DurableState { persistence_id, version_number, timestamp, shard, .. } =
            DurableState::new(persistence_id, version_number, &message);
        Self { persistence_id, version_number, message, timestamp, shard }
    }

    /// Returns the same state in another shard.
    ///
    /// ```
    /// use durable_store::{TypedState, prost_types::Timestamp};
    ///
    /// assert_eq!(TypedState::new("door-7", 1, Timestamp::default()).with_shard(3).shard, 3);
    /// ```
    #[must_use]
    pub fn with_shard(self, shard: u64) -> Self {
        Self { shard, ..self }
    }

    /// Returns the same state with another timestamp.
    ///
    /// ```
    /// use durable_store::{TypedState, prost_types::Timestamp};
    ///
    /// assert_eq!(TypedState::new("door-7", 1, Timestamp::default()).with_timestamp(42).timestamp, 42);
    /// ```
    #[must_use]
    pub fn with_timestamp(self, timestamp: i64) -> Self {
        Self { timestamp, ..self }
    }

    /// Returns the state with its message encoded.
    ///
    /// ```
    /// use durable_store::{TypedState, prost_types::Timestamp};
    ///
    /// let encoded = TypedState::new("door-7", 1, Timestamp::default()).to_durable_state();
    /// assert_eq!(encoded.to_msg::<Timestamp>()?, Timestamp::default());
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn to_durable_state(&self) -> DurableState {
        DurableState::new(self.persistence_id.as_str(), self.version_number, &self.message)
            .with_timestamp(self.timestamp)
            .with_shard(self.shard)
    }
}

impl<M: prost::Name + Default> TryFrom<DurableState> for TypedState<M> {
    type Error = Error;

    /// Decodes the message; see [`DurableState::to_msg`] for the errors.
    fn try_from(state: DurableState) -> Result<Self> {
        let message = state.to_msg()?;
        let DurableState { persistence_id, version_number, timestamp, shard, .. } = state;
        Ok(Self { persistence_id, version_number, message, timestamp, shard })
    }
}

//! The state of one entity.

use std::{
    fmt,
    time::{SystemTime, UNIX_EPOCH},
};

use prost_types::Any;

use crate::{Error, ErrorKind, Result, state::type_url};

/// The latest state of one entity, as eGo's `egopb.DurableState` has it: the encoded messages are interchangeable
/// (`resources/durable_state.proto`).
///
/// ```
/// use durable_store::{DurableState, prost};
///
/// #[derive(Clone, PartialEq, prost::Message)]
/// struct AccountState {
///     #[prost(string, tag = "1")]
///     account_id: String,
///     #[prost(int64, tag = "2")]
///     balance_cents: i64,
/// }
///
/// impl prost::Name for AccountState {
///     const PACKAGE: &'static str = "bank";
///     const NAME: &'static str = "AccountState";
/// }
///
/// let account = AccountState { account_id: "account-42".into(), balance_cents: 4200 };
/// let state = DurableState::new("account-42", 1, &account);
/// assert_eq!(state.to_msg::<AccountState>()?, account);
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct DurableState {
    /// Names the entity. From 1 to 65,535 bytes; at most 8,192 if reads go through an index.
    #[prost(string, tag = "1")]
    pub persistence_id: String,
    /// Counts the states of the entity; eGo raises it by one with every command. Any `u64`: it is stored in a bigint
    /// by wrapping.
    #[prost(uint64, tag = "2")]
    pub version_number: u64,
    /// The state itself. Written as `None` it reads back as `Some(Any::default())`, as in eGo.
    #[prost(message, optional, tag = "3")]
    pub resulting_state: Option<Any>,
    /// When the state was made. Opaque to the store: eGo writes seconds, [`DurableState::new`] milliseconds since 1970.
    #[prost(int64, tag = "5")]
    pub timestamp: i64,
    /// The shard of the entity: the partition on a table keyed by shard, a plain column on a table keyed by id.
    #[prost(uint64, tag = "6")]
    pub shard: u64,
}

impl DurableState {
    /// Returns the state of `persistence_id` at `version_number`, made now, in shard 0.
    ///
    /// ```
    /// use durable_store::{DurableState, prost_types::Timestamp};
    ///
    /// let state = DurableState::new("door-7", 1, &Timestamp { seconds: 42, nanos: 0 });
    /// assert_eq!((state.version_number, state.shard), (1, 0));
    /// ```
    pub fn new<M: prost::Name>(persistence_id: impl Into<String>, version_number: u64, message: &M) -> Self {
        Self {
            persistence_id: persistence_id.into(),
            version_number,
            resulting_state: Some(Any {
                type_url: type_url::type_url(&M::full_name()),
                value: message.encode_to_vec(),
            }),
            timestamp: milliseconds_since_1970(),
            shard: 0,
        }
    }

    /// Returns the same state in another shard.
    ///
    /// ```
    /// # use durable_store::{DurableState, prost_types::Timestamp};
    /// assert_eq!(DurableState::new("door-7", 1, &Timestamp::default()).with_shard(3).shard, 3);
    /// ```
    #[must_use]
    pub fn with_shard(mut self, shard: u64) -> Self {
        self.shard = shard;
        self
    }

    /// Returns the same state with another timestamp.
    ///
    /// ```
    /// # use durable_store::{DurableState, prost_types::Timestamp};
    /// assert_eq!(DurableState::new("door-7", 1, &Timestamp::default()).with_timestamp(42).timestamp, 42);
    /// ```
    #[must_use]
    pub fn with_timestamp(mut self, timestamp: i64) -> Self {
        self.timestamp = timestamp;
        self
    }

    /// Decodes the resulting state as an `M`.
    ///
    /// ```
    /// # use durable_store::{DurableState, prost_types::Timestamp};
    /// let message = Timestamp { seconds: 42, nanos: 0 };
    /// assert_eq!(DurableState::new("door-7", 1, &message).to_msg::<Timestamp>()?, message);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fails with [`ErrorKind::InvalidState`] if there is no resulting state or it is of another type, which the error
    /// names, and with [`ErrorKind::Corrupt`] if its bytes do not decode as an `M`.
    pub fn to_msg<M: prost::Name + Default>(&self) -> Result<M> {
        self.decode_as::<M>().map_err(|error| error.with_operation("to_msg", Some(&self.persistence_id)))
    }

    fn decode_as<M: prost::Name + Default>(&self) -> Result<M> {
        let wanted = M::full_name();
        let state = self
            .resulting_state
            .as_ref()
            .ok_or_else(|| Error::field("resulting_state", format!("expected {wanted}, but the state has none")))?;
        if type_url::message_name(&state.type_url) != Some(wanted.as_str()) {
            let reason = format!("expected {wanted}, found the type {:?}", state.type_url);
            return Err(Error::field("resulting_state", reason));
        }
        M::decode(state.value.as_slice()).map_err(|cause| {
            let message = format!("resulting_state: {} bytes that do not decode as {wanted}", state.value.len());
            Error::new(ErrorKind::Corrupt, message).with_source(cause)
        })
    }
}

impl fmt::Debug for DurableState {
    /// Shows type and length of the resulting state, never its content.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resulting_state =
            self.resulting_state.as_ref().map(|any| format!("{} ({} bytes)", any.type_url, any.value.len()));
        f.debug_struct("DurableState")
            .field("persistence_id", &self.persistence_id)
            .field("version_number", &self.version_number)
            .field("resulting_state", &resulting_state)
            .field("timestamp", &self.timestamp)
            .field("shard", &self.shard)
            .finish()
    }
}

fn milliseconds_since_1970() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(type_url: &str, value: &[u8]) -> DurableState {
        let any = Any { type_url: type_url.into(), value: value.into() };
        DurableState { persistence_id: "a".into(), resulting_state: Some(any), ..Default::default() }
    }

    #[test]
    fn a_message_comes_back_as_it_went_in() {
        let message = prost_types::Timestamp { seconds: 42, nanos: 7 };
        let state = DurableState::new("a", 3, &message).with_shard(9).with_timestamp(-1);
        assert_eq!(state.to_msg::<prost_types::Timestamp>().unwrap(), message);
        assert_eq!((state.version_number, state.shard, state.timestamp), (3, 9, -1));
        assert_eq!(state.resulting_state.unwrap().type_url, "type.googleapis.com/google.protobuf.Timestamp");
    }

    #[test]
    fn another_type_no_state_and_broken_bytes_are_told_apart() {
        let none = DurableState { persistence_id: "a".into(), ..Default::default() };
        let other = state("type.googleapis.com/bank.AccountState", b"");
        let broken = state("type.googleapis.com/google.protobuf.Timestamp", b"\xff");
        let blank = state("", b"");
        for (state, kind) in [
            (none, ErrorKind::InvalidState),
            (other, ErrorKind::InvalidState),
            (blank, ErrorKind::InvalidState),
            (broken, ErrorKind::Corrupt),
        ] {
            let error = state.to_msg::<prost_types::Timestamp>().unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert_eq!((error.operation(), error.persistence_id()), (Some("to_msg"), Some("a")));
        }
    }

    #[test]
    fn debug_shows_the_length_but_not_the_payload() {
        let shown = format!("{:?}", state("type.googleapis.com/bank.AccountState", b"secret"));
        assert!(shown.contains("bank.AccountState (6 bytes)"), "{shown}");
        assert!(!shown.contains("secret") && !shown.contains("115, 101"), "{shown}");
    }
}

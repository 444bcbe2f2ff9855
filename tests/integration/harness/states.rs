//! States to write.

use durable_store::{DurableState, prost, prost_types::Any};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Account {
    #[prost(string, tag = "1")]
    pub(crate) account_id: String,
    #[prost(int64, tag = "2")]
    pub(crate) balance_cents: i64,
}

impl prost::Name for Account {
    const PACKAGE: &'static str = "bank";
    const NAME: &'static str = "AccountState";
}

/// A state of `persistence_id` that holds an [`Account`].
pub(crate) fn account(persistence_id: &str, version_number: u64, balance_cents: i64) -> DurableState {
    let message = Account { account_id: persistence_id.into(), balance_cents };
    DurableState::new(persistence_id, version_number, &message)
}

/// A state of `persistence_id` with this resulting state.
pub(crate) fn state_of(persistence_id: &str, resulting_state: Option<Any>) -> DurableState {
    DurableState { persistence_id: persistence_id.into(), version_number: 1, resulting_state, timestamp: 7, shard: 0 }
}

pub(crate) fn any_of(type_url: &str, value: &[u8]) -> Any {
    Any { type_url: type_url.into(), value: value.into() }
}

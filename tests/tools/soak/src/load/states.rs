//! States that can be told apart.

use durable_store::{DurableState, prost};

use crate::history::{Id, Seen};

/// Of all states, whichever the layout.
pub(crate) const SHARD: u64 = 7;

const PADDING: usize = 100;

/// What is in the payload of a state.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(prost_path = "durable_store::prost")]
struct Written {
    #[prost(fixed64, tag = "1")]
    token: u64,
    /// So that a state is as large as states are.
    #[prost(bytes = "vec", tag = "2")]
    padding: Vec<u8>,
}

impl prost::Name for Written {
    const PACKAGE: &'static str = "soak";
    const NAME: &'static str = "Written";
}

/// The token is in the payload and in a column beside it, so that a row of two writes is noticed.
pub(crate) fn state(id: Id, version: u64, token: u64) -> DurableState {
    let written = Written { token, padding: vec![token as u8; PADDING] };
    DurableState::new(id.to_string(), version, &written).with_shard(SHARD).with_timestamp(token.cast_signed())
}

/// What of a state is compared. Tokens are counted from 1: 0 is of nobody.
pub(crate) fn seen(state: &DurableState) -> Seen {
    let written: Option<Written> = state.to_msg().ok();
    let whole = written.filter(|written| written.padding == [written.token as u8; PADDING]);
    let token = whole.map(|written| written.token).unwrap_or_default();
    Seen { version: state.version_number, token, timestamp: state.timestamp }
}

//! A proxy before the shared server, and a store that goes through it.

mod proxied;

pub(crate) use ::proxy::{Action, Frame, Passing, Proxy, Side, forged, opcode};
pub(crate) use proxied::{BOTH_CALLS, Proxied, StoreCall};

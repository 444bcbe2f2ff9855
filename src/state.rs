//! What a caller hands to a store and gets back: a [`DurableState`], the [`StateKey`] that names an entity, the limits of
//! both (`limits`), and the type URLs of the messages inside (`type_url`). Nothing here knows a server.

mod durable_state;
mod key;
pub(crate) mod limits;
pub(crate) mod type_url;

pub use durable_state::DurableState;
pub use key::StateKey;

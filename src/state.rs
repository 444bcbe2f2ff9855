//! What a caller writes to a store and reads from it: a [`DurableState`], the [`StateKey`] that names an entity, the limits of
//! both (`limits`), and the type URLs of the messages inside (`type_url`). Nothing here uses a server.

mod durable_state;
mod key;
pub(crate) mod limits;
pub(crate) mod type_url;

pub use durable_state::DurableState;
pub use key::StateKey;

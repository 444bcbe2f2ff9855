//! The engine of one call: its start and its outcome (`Call`), its deadline and its attempts (`retry`), how a serial
//! read decides a lightweight transaction of unknown outcome (`transaction`), which entities a store owns (`claims`), the condition of a conditional write
//! ([`WriteCondition`]), and the client timestamps of writes (`timestamp`). Nothing here uses a server.

#[expect(clippy::module_inception, reason = "a file is named after its type")]
mod call;
pub(crate) mod claims;
pub(crate) mod retry;
pub(crate) mod timestamp;
pub(crate) mod transaction;
pub(crate) mod write_condition;

pub(crate) use call::Call;
pub use write_condition::WriteCondition;

//! What the topics share: where the server is, a keyspace for each test, and what to put into it.

pub(crate) mod events;
mod eventually;
mod example;
mod keyspace;
mod peer;
pub(crate) mod proxy;
mod raw_row;
mod server;
mod states;
mod store_process;
mod transaction;

pub(crate) use eventually::eventually;
pub(crate) use example::run_example;
pub(crate) use keyspace::{Keyspace, owned, versioned};
pub(crate) use peer::{Peer, PeerState};
pub(crate) use raw_row::RawRow;
pub(crate) use server::{raw, server};
pub(crate) use states::{Account, account, any_of, state_of};
pub(crate) use store_process::StoreProcess;
pub(crate) use transaction::{BEFORE, Transaction};

use durable_store::Layout;

pub(crate) const BOTH_LAYOUTS: [Layout; 2] = [Layout::ByShard, Layout::ById];

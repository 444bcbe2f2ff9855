//! A store that reaches the server through a proxy.

use durable_store::{ConfigBuilder, DurableStore, Layout, Result};

use super::Proxy;
use crate::harness::{Keyspace, account, eventually, owned, server, versioned};

/// A store, the proxy it goes through and the keyspace it works in, dropped in this order.
pub(crate) struct Proxied {
    pub(crate) store: DurableStore,
    pub(crate) proxy: Proxy,
    pub(crate) keyspace: Keyspace,
}

impl Proxied {
    /// With a table keyed by id, not connected.
    pub(crate) fn unconnected(change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        Self::on(Keyspace::with_table(Layout::ById), change)
    }

    /// Connected, in versioned mode.
    pub(crate) fn versioned(change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        let proxied = Self::on(Keyspace::versioned(), |config| change(versioned(config)));
        proxied.store.connect().expect("the store connects");
        proxied
    }

    /// Connected, in mode owned.
    pub(crate) fn owned(change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        let proxied = Self::on(Keyspace::versioned(), |config| change(owned(config)));
        proxied.store.connect().expect("the store connects");
        proxied
    }

    /// With the tables of this keyspace, not connected.
    pub(crate) fn on(keyspace: Keyspace, change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        let proxy = Proxy::start(server());
        let address = proxy.address();
        let store = keyspace
            .store_with(|config| change(config.contact_points([address.ip().to_string()]).port(address.port())));
        Self { store, proxy, keyspace }
    }

    /// Connected, and both calls made once: their statements are prepared.
    pub(crate) fn connected(change: impl FnOnce(ConfigBuilder) -> ConfigBuilder) -> Self {
        let proxied = Self::unconnected(change);
        proxied.store.connect().expect("the store connects");
        for call in BOTH_CALLS {
            call.make(&proxied.store, "account-0").expect("the server answers");
        }
        proxied
    }

    /// What a call gives, and how many EXECUTEs it took.
    pub(crate) fn count_executes<T>(&self, call: impl FnOnce() -> T) -> (T, usize) {
        let before = self.proxy.executes().len();
        let outcome = call();
        (outcome, self.proxy.executes().len() - before)
    }

    /// Without faults the store works again, by itself.
    #[track_caller]
    pub(crate) fn assert_heals(&self) {
        self.proxy.pass();
        for call in BOTH_CALLS {
            eventually("the store works again", || call.make(&self.store, "account-0").is_ok());
        }
    }
}

/// The two calls that execute statements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreCall {
    Write,
    Read,
}

pub(crate) const BOTH_CALLS: [StoreCall; 2] = [StoreCall::Write, StoreCall::Read];

impl StoreCall {
    pub(crate) fn make(self, store: &DurableStore, persistence_id: &str) -> Result<()> {
        match self {
            Self::Write => store.write_state(&account(persistence_id, 1, 1)),
            Self::Read => store.get_latest_state(persistence_id).map(drop),
        }
    }

    /// What an error calls it.
    pub(crate) fn operation(self) -> &'static str {
        match self {
            Self::Write => "write_state",
            Self::Read => "get_latest_state",
        }
    }
}

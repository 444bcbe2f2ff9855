//! The shared server.

use std::{net::SocketAddr, sync::OnceLock, time::Duration};

use cluster::{cql::Client, shared};

/// Where the shared server is.
pub(crate) fn server() -> SocketAddr {
    static SERVER: OnceLock<SocketAddr> = OnceLock::new();
    *SERVER.get_or_init(shared::address)
}

/// A client of the shared server that does not go through the store or its driver.
pub(crate) fn raw() -> Client {
    Client::connect(server(), Duration::from_secs(30)).expect("the server answers")
}

//! The shared server.

use std::{env, net::SocketAddr, sync::OnceLock, time::Duration};

use cluster::cql::{Client, Error};

/// Where the shared server is.
pub(crate) fn server() -> SocketAddr {
    static SERVER: OnceLock<SocketAddr> = OnceLock::new();
    *SERVER.get_or_init(|| {
        let advice =
            "these tests need a Cassandra: run `cargo xtask test`, or set CASSANDRA_TEST_CONTACT_POINTS=host:port";
        let text = env::var("CASSANDRA_TEST_CONTACT_POINTS").expect(advice);
        let first = text.split(',').next().unwrap_or_default().trim();
        first.parse().unwrap_or_else(|_| panic!("CASSANDRA_TEST_CONTACT_POINTS={text:?} is not address:port; {advice}"))
    })
}

/// A client of the shared server that does not go through the store or its driver.
pub(crate) fn raw() -> Client {
    try_raw().expect("the server answers")
}

pub(super) fn try_raw() -> Result<Client, Error> {
    Client::connect(server(), Duration::from_secs(30))
}

//! The server, and a keyspace for each test.

use std::{
    env,
    net::SocketAddr,
    process,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use cluster::cql::Client;

/// Where the server is.
pub(crate) fn address() -> SocketAddr {
    let advice = "these tests need a Cassandra: run `cargo xtask test`, or set CASSANDRA_TEST_CONTACT_POINTS=host:port";
    let text = env::var("CASSANDRA_TEST_CONTACT_POINTS").expect(advice);
    let first = text.split(',').next().unwrap_or_default().trim();
    first.parse().unwrap_or_else(|_| panic!("CASSANDRA_TEST_CONTACT_POINTS={text:?} is not address:port; {advice}"))
}

/// A name of a keyspace that no other test uses. Whoever makes it, it is dropped at the end.
pub(crate) struct Keyspace(String);

impl Keyspace {
    pub(crate) fn new() -> Self {
        // Without a server the test ends here.
        address();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        Self(format!("durable_store_ffi_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)))
    }

    pub(crate) fn name(&self) -> &str {
        &self.0
    }
}

impl Drop for Keyspace {
    fn drop(&mut self) {
        let drop = format!("DROP KEYSPACE IF EXISTS {}", self.0);
        let dropped = Client::connect(address(), Duration::from_secs(30)).and_then(|mut client| client.query(&drop));
        // The suite's own check finds what is left.
        if let Err(error) = dropped {
            eprintln!("keyspace {} was not dropped: {error}", self.0);
        }
    }
}

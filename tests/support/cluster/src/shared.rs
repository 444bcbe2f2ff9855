//! The server that many tests share, and a keyspace on it for each.

use std::{
    env,
    net::SocketAddr,
    process,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use crate::cql::{Client, first_address};

/// The environment variable that names the server: `host:port`.
pub const CONTACT_POINTS: &str = "CASSANDRA_TEST_CONTACT_POINTS";

/// Where the server is.
///
/// # Panics
/// When the environment does not say, or not as it should.
pub fn address() -> SocketAddr {
    let advice = format!("these tests need a Cassandra: run `cargo xtask test`, or set {CONTACT_POINTS}=host:port");
    let named = env::var(CONTACT_POINTS).unwrap_or_else(|error| panic!("{CONTACT_POINTS}: {error}; {advice}"));
    first_address(&named).unwrap_or_else(|error| panic!("{CONTACT_POINTS}={named:?}: {error}; {advice}"))
}

/// The name of a keyspace that nobody else uses. Whoever makes the keyspace, it is dropped with this.
#[derive(Debug)]
pub struct Keyspace {
    name: String,
    server: SocketAddr,
}

impl Keyspace {
    /// A name that is not taken on the server.
    pub fn new(server: SocketAddr) -> Self {
        Self::named("durable_store", server)
    }

    /// A name with capital letters, which CQL needs in double quotes.
    pub fn with_capitals(server: SocketAddr) -> Self {
        Self::named("durable_store_Capitals", server)
    }

    fn named(prefix: &str, server: SocketAddr) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{prefix}_{}_{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { name, server }
    }

    /// The name, without quotes.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Keyspace {
    fn drop(&mut self) {
        let drop = format!("DROP KEYSPACE IF EXISTS \"{}\"", self.name);
        let dropped = Client::connect(self.server, Duration::from_secs(30)).and_then(|mut client| client.query(&drop));
        // No panic, since a test may be unwinding. The suite's own check finds what is left.
        if let Err(error) = dropped {
            eprintln!("keyspace {} was not dropped: {error}", self.name);
        }
    }
}

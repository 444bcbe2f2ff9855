//! The settings of a store.

mod builder;

use std::{fmt, time::Duration};

pub use builder::ConfigBuilder;

use crate::{Consistency, PayloadFormat, Sharding};

/// The settings of a [`DurableStore`](crate::DurableStore), checked.
///
/// ```
/// use std::time::Duration;
/// use durable_store::{Config, Consistency};
///
/// let config = Config::builder()
///     .contact_points(["10.0.0.1", "10.0.0.2"])
///     .local_datacenter("dc1")
///     .keyspace("ego")
///     .consistency(Consistency::LocalQuorum)
///     .call_timeout(Duration::from_secs(3))
///     .build()?;
/// assert_eq!(config.port(), 9042);
/// # Ok::<(), durable_store::Error>(())
/// ```
///
/// | setting | default | meaning |
/// |---|---|---|
/// | [`contact_points`](ConfigBuilder::contact_points) | required | hosts to begin with; the driver finds the others |
/// | [`port`](ConfigBuilder::port) | 9042 | of every node |
/// | [`local_datacenter`](ConfigBuilder::local_datacenter) | unset | the datacenter to send requests to; set it in production |
/// | [`credentials`](ConfigBuilder::credentials) | none | user name and password |
/// | [`keyspace`](ConfigBuilder::keyspace), [`table`](ConfigBuilder::table) | `ego`, `states_store` | where the states are |
/// | [`consistency`](ConfigBuilder::consistency) | `LOCAL_QUORUM` | how many replicas must answer |
/// | [`sharding`](ConfigBuilder::sharding) | [`Sharding::FromState`] | how the shard of an id is known |
/// | [`payload_format`](ConfigBuilder::payload_format) | [`PayloadFormat::Any`] | how payloads are written |
/// | [`connect_timeout`](ConfigBuilder::connect_timeout) | 5 seconds | for one node to accept a connection |
/// | [`request_timeout`](ConfigBuilder::request_timeout) | 6 seconds | for one request to be answered |
/// | [`call_timeout`](ConfigBuilder::call_timeout) | 10 seconds | for a call altogether |
/// | [`max_attempts`](ConfigBuilder::max_attempts) | 3 | how often a call tries, where trying again is safe |
/// | [`pool_size`](ConfigBuilder::pool_size) | 64 | calls in flight at once |
/// | [`io_threads`](ConfigBuilder::io_threads) | 1 | threads of the driver |
/// | [`core_connections_per_host`](ConfigBuilder::core_connections_per_host) | 2 | sockets to each node, for each of those threads |
/// | [`max_payload_bytes`](ConfigBuilder::max_payload_bytes) | 8 MiB | largest payload that is written |
/// | [`slow_call`](ConfigBuilder::slow_call) | 500 milliseconds | a call that takes longer is logged |
#[derive(Clone, Debug)]
pub struct Config {
    contact_points: Vec<String>,
    port: u16,
    local_datacenter: Option<String>,
    credentials: Option<Credentials>,
    keyspace: String,
    table: String,
    consistency: Consistency,
    sharding: Sharding,
    payload_format: PayloadFormat,
    connect_timeout: Duration,
    request_timeout: Duration,
    call_timeout: Duration,
    max_attempts: u32,
    pool_size: u32,
    io_threads: u32,
    core_connections_per_host: u32,
    max_payload_bytes: usize,
    slow_call: Duration,
}

/// A user name and its password, which `Debug` hides.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) username: String,
    pub(crate) password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:***", self.username)
    }
}

impl Config {
    /// Begins with every default; only [`contact_points`](ConfigBuilder::contact_points) must be given.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }

    /// The hosts to begin with, blanks trimmed.
    pub fn contact_points(&self) -> &[String] {
        &self.contact_points
    }

    /// The port of every node.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The datacenter requests are sent to, where one was named.
    pub fn local_datacenter(&self) -> Option<&str> {
        self.local_datacenter.as_deref()
    }

    /// The user name, where credentials were given. There is no way to read the password back.
    pub fn username(&self) -> Option<&str> {
        self.credentials.as_ref().map(|credentials| credentials.username.as_str())
    }

    /// The keyspace, in lower case.
    pub fn keyspace(&self) -> &str {
        &self.keyspace
    }

    /// The table, in lower case.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// How many replicas must answer.
    pub fn consistency(&self) -> Consistency {
        self.consistency
    }

    /// How the shard of an id is known.
    pub fn sharding(&self) -> &Sharding {
        &self.sharding
    }

    /// How payloads are written.
    pub fn payload_format(&self) -> PayloadFormat {
        self.payload_format
    }

    /// The longest one node may take to accept a connection.
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// The longest one request may take to be answered.
    pub fn request_timeout(&self) -> Duration {
        self.request_timeout
    }

    /// The longest a call may take altogether.
    pub fn call_timeout(&self) -> Duration {
        self.call_timeout
    }

    /// How often a call tries, where trying again is safe.
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// How many calls may be in flight at once.
    pub fn pool_size(&self) -> u32 {
        self.pool_size
    }

    /// How many threads the driver has.
    pub fn io_threads(&self) -> u32 {
        self.io_threads
    }

    /// How many sockets the driver opens to each node, for each of its threads.
    pub fn core_connections_per_host(&self) -> u32 {
        self.core_connections_per_host
    }

    /// The largest payload that is written, in bytes as encoded.
    pub fn max_payload_bytes(&self) -> usize {
        self.max_payload_bytes
    }

    /// How long a call may take before it is logged as slow.
    pub fn slow_call(&self) -> Duration {
        self.slow_call
    }

    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

//! The settings of a store: [`Config`] and its [`ConfigBuilder`], the checks of what they may be (`checks`,
//! `identifier`, `certificates`), the text forms of all settings (`settings`) in a connection string
//! (`connection_string`), in the environment (`env`) and in other formats (`serde`), and the types of single settings.
//! Nothing here uses a server.

mod builder;
pub(crate) mod certificates;
mod changed;
mod checks;
mod connection_string;
mod consistency;
mod env;
mod identifier;
mod payload_format;
#[cfg(feature = "serde")]
mod serde;
mod settings;
mod sharding;
mod tls;
mod ttl;
mod write_mode;

use std::{fmt, time::Duration};

pub use builder::ConfigBuilder;
pub use consistency::{Consistency, SerialConsistency};
pub use payload_format::PayloadFormat;
#[cfg(feature = "serde")]
pub(crate) use serde::serde_by_text;
pub use sharding::Sharding;
pub use tls::{Pem, Tls, TlsVerification};
pub use ttl::Ttl;
pub use write_mode::WriteMode;

use crate::telemetry::TableName;

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
/// # Settings
///
/// Each can be given in three forms: by its builder method, in a connection string
/// ([`parse`](Config#method.from_str)) under the name of that method, and as an environment variable
/// ([`Config::from_env`], or [`with_env`](ConfigBuilder::with_env) over what a builder has): `DURABLE_STORE_` and that
/// name in upper case. In the text forms durations have their unit
/// (`500ms`, `5s`, `1m30s`), and sizes are numbers.
///
/// | setting | default | bounds | meaning |
/// |---|---|---|---|
/// | [`contact_points`](ConfigBuilder::contact_points) | required | at least one | hosts to connect to first; the driver finds the others. In a connection string before the port; in the environment separated by commas |
/// | [`port`](ConfigBuilder::port) | 9042 | 1 to 65,535 | of every node; may also stand behind a contact point, as in `10.0.0.1:9042` |
/// | [`local_datacenter`](ConfigBuilder::local_datacenter) | unset | not empty | the datacenter to send requests to; set it in production |
/// | [`username`, `password`](ConfigBuilder::credentials) | none | no NUL | how to log in: [`credentials`](ConfigBuilder::credentials) in the builder, before the `@` in a connection string |
/// | [`tls_ca`](Tls::ca) | none | PEM, or the path of a file | the certificates that may sign the server's. With one of the `tls_` settings connections are encrypted: [`tls`](ConfigBuilder::tls) in the builder |
/// | [`tls_certificate`, `tls_key`](Tls::client_certificate) | none | PEM, or the path of a file; both or none | the certificate that the store shows to the server |
/// | [`tls_verification`](Tls::verification) | `certificate_and_address` | also `certificate_only`, `danger_accept_any` | how much of the server's certificate is verified |
/// | [`keyspace`](ConfigBuilder::keyspace), [`table`](ConfigBuilder::table) | `ego`, `states_store` | a letter, then letters, digits, `_`: 48 at most; case counts in double quotes (`"Ego"`) | where the states are |
/// | [`consistency`](ConfigBuilder::consistency) | `LOCAL_QUORUM` | [`Consistency`] | how many replicas answer each read and write |
/// | [`serial_consistency`](ConfigBuilder::serial_consistency) | `LOCAL_SERIAL` | also `SERIAL` | which replicas agree on transactions |
/// | [`write_mode`](ConfigBuilder::write_mode) | `last_write_wins` | also `versioned`, `owned` | which write of an entity stays |
/// | [`sharding`](ConfigBuilder::sharding) | `from_state` | also `fixed:` and a shard; a function in the builder only | how the shard of an id is known |
/// | [`payload_format`](ConfigBuilder::payload_format) | `any` | also `message` | how payloads are written |
/// | [`connect_timeout`](ConfigBuilder::connect_timeout) | 5 seconds | 1 ms to 24 h | for each step of connecting |
/// | [`request_timeout`](ConfigBuilder::request_timeout) | 6 seconds | 1 ms to 24 h | for one request to be answered |
/// | [`call_timeout`](ConfigBuilder::call_timeout) | 10 seconds | 1 ms to 24 h | for a whole call |
/// | [`max_attempts`](ConfigBuilder::max_attempts) | 3 | 1 to 100 | attempts per call, if another attempt is safe |
/// | [`pool_size`](ConfigBuilder::pool_size) | 64 | 1 to 32,768 | calls in flight at once |
/// | [`io_threads`](ConfigBuilder::io_threads) | 1 | 1 to 64 | threads of the driver |
/// | [`core_connections_per_host`](ConfigBuilder::core_connections_per_host) | 2 | 1 to 64 | sockets per node and thread of the driver |
/// | [`max_in_flight`](ConfigBuilder::max_in_flight) | 256 | 1 to 10,000 | requests of a bulk call in flight at once |
/// | [`page_size`](ConfigBuilder::page_size) | 500 rows | 1 to 100,000 | rows per page if an answer can have many |
/// | [`max_payload_bytes`](ConfigBuilder::max_payload_bytes) | 8 MiB | 1 byte to 15 MiB | largest payload that is written |
/// | [`max_clock_drift`](ConfigBuilder::max_clock_drift) | 10 seconds | 1 ms to 24 h | how far the clocks of writers may differ in mode `last_write_wins` |
/// | [`slow_call`](ConfigBuilder::slow_call) | 500 milliseconds | 1 ms to 24 h | a call that takes longer is logged |
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    contact_points: Vec<String>,
    port: u16,
    local_datacenter: Option<String>,
    credentials: Option<Credentials>,
    tls: Option<Tls>,
    keyspace: String,
    table: String,
    consistency: Consistency,
    serial_consistency: SerialConsistency,
    write_mode: WriteMode,
    max_clock_drift: Duration,
    sharding: Sharding,
    payload_format: PayloadFormat,
    connect_timeout: Duration,
    request_timeout: Duration,
    call_timeout: Duration,
    max_attempts: u32,
    pool_size: u32,
    io_threads: u32,
    core_connections_per_host: u32,
    max_in_flight: u32,
    page_size: u32,
    max_payload_bytes: usize,
    slow_call: Duration,
}

/// A user name and its password, which `Debug` hides.
#[derive(Clone, Default, PartialEq)]
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
    /// Returns a builder with all defaults; only [`contact_points`](ConfigBuilder::contact_points) must be set.
    ///
    /// ```
    /// let config = durable_store::Config::builder().contact_points(["10.0.0.1"]).build()?;
    /// assert_eq!(config.keyspace(), "ego");
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }

    /// Returns a builder with these settings, to change some of them.
    ///
    /// ```
    /// let config: durable_store::Config = "cassandra://10.0.0.1/bank".parse()?;
    /// let orders = config.to_builder().table("orders").build()?;
    /// assert_eq!((orders.keyspace(), orders.table()), ("bank", "orders"));
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn to_builder(&self) -> ConfigBuilder {
        self.into()
    }

    /// The hosts to connect to first, without blanks and ports. See [`ConfigBuilder::contact_points`].
    pub fn contact_points(&self) -> &[String] {
        &self.contact_points
    }

    /// The port of every node. See [`ConfigBuilder::port`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The datacenter requests are sent to, if one was set. See [`ConfigBuilder::local_datacenter`].
    pub fn local_datacenter(&self) -> Option<&str> {
        self.local_datacenter.as_deref()
    }

    /// The user name, if credentials were set. There is no way to read the password back. See [`ConfigBuilder::credentials`].
    pub fn username(&self) -> Option<&str> {
        self.credentials.as_ref().map(|credentials| credentials.username.as_str())
    }

    /// How connections are encrypted, if they are. See [`ConfigBuilder::tls`].
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// The keyspace, as Cassandra stores its name: in lower case, unless it was given in double quotes. See [`ConfigBuilder::keyspace`].
    pub fn keyspace(&self) -> &str {
        &self.keyspace
    }

    /// The table, as Cassandra stores its name: in lower case, unless it was given in double quotes. See [`ConfigBuilder::table`].
    pub fn table(&self) -> &str {
        &self.table
    }

    /// How many replicas must answer. See [`ConfigBuilder::consistency`].
    pub fn consistency(&self) -> Consistency {
        self.consistency
    }

    /// Which replicas agree on transactions. See [`ConfigBuilder::serial_consistency`].
    pub fn serial_consistency(&self) -> SerialConsistency {
        self.serial_consistency
    }

    /// What decides which write of an entity stays. See [`ConfigBuilder::write_mode`].
    pub fn write_mode(&self) -> WriteMode {
        self.write_mode
    }

    /// How far the clocks of writers may differ. See [`ConfigBuilder::max_clock_drift`].
    pub fn max_clock_drift(&self) -> Duration {
        self.max_clock_drift
    }

    /// How the shard of an id is known. See [`ConfigBuilder::sharding`].
    pub fn sharding(&self) -> &Sharding {
        &self.sharding
    }

    /// How payloads are written. See [`ConfigBuilder::payload_format`].
    pub fn payload_format(&self) -> PayloadFormat {
        self.payload_format
    }

    /// The longest time for each step of connecting. See [`ConfigBuilder::connect_timeout`].
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// The longest time for one request to be answered. See [`ConfigBuilder::request_timeout`].
    pub fn request_timeout(&self) -> Duration {
        self.request_timeout
    }

    /// The longest time for a whole call. See [`ConfigBuilder::call_timeout`].
    pub fn call_timeout(&self) -> Duration {
        self.call_timeout
    }

    /// How many attempts a call makes at most. See [`ConfigBuilder::max_attempts`].
    pub fn max_attempts(&self) -> u32 {
        self.max_attempts
    }

    /// How many calls may be in flight at once. See [`ConfigBuilder::pool_size`].
    pub fn pool_size(&self) -> u32 {
        self.pool_size
    }

    /// How many threads the driver has. See [`ConfigBuilder::io_threads`].
    pub fn io_threads(&self) -> u32 {
        self.io_threads
    }

    /// How many sockets the driver opens to each node, for each of its threads. See [`ConfigBuilder::core_connections_per_host`].
    pub fn core_connections_per_host(&self) -> u32 {
        self.core_connections_per_host
    }

    /// How many requests a bulk call keeps in flight. See [`ConfigBuilder::max_in_flight`].
    pub fn max_in_flight(&self) -> u32 {
        self.max_in_flight
    }

    /// How many rows a page has if an answer can have many. See [`ConfigBuilder::page_size`].
    pub fn page_size(&self) -> u32 {
        self.page_size
    }

    /// The largest payload that is written, in bytes as encoded. See [`ConfigBuilder::max_payload_bytes`].
    pub fn max_payload_bytes(&self) -> usize {
        self.max_payload_bytes
    }

    /// How long a call may take before it is logged as slow. See [`ConfigBuilder::slow_call`].
    pub fn slow_call(&self) -> Duration {
        self.slow_call
    }

    /// The settings with the names of keyspace and table as a builder is given them.
    fn quoted(&self) -> Self {
        let [keyspace, table] = [&self.keyspace, &self.table].map(|name| identifier::text(name).into_owned());
        Self { keyspace, table, ..self.clone() }
    }

    /// Keyspace and table, as events name them.
    pub(crate) fn table_name(&self) -> TableName<'_> {
        TableName { keyspace: &self.keyspace, table: &self.table }
    }

    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

//! Collects settings: which server and table, and what calls mean. The setters of times and sizes are in `limits`. What
//! each setting may be is checked in `checks`.

mod limits;

use std::time::Duration;

use super::{
    Config, Consistency, Credentials, PayloadFormat, SerialConsistency, Sharding, Tls, WriteMode,
    checks::{self, MIB},
    connection_string,
};
use crate::Result;

/// The default port of a node.
const DEFAULT_PORT: u16 = 9042;

/// Collects settings and checks them in [`build`](ConfigBuilder::build). Made by [`Config::builder`] or
/// [`Config::to_builder`].
///
/// ```
/// use durable_store::Config;
///
/// let config = Config::builder().contact_points(["10.0.0.1"]).keyspace("bank").build()?;
/// assert_eq!(config.to_string(), "cassandra://10.0.0.1:9042/bank");
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ConfigBuilder {
    /// Unchecked. Its port is a default.
    config: Config,
    /// The port, if it was set.
    port: Option<u16>,
}

impl Default for ConfigBuilder {
    fn default() -> Self {
        let config = Config {
            contact_points: Vec::new(),
            port: DEFAULT_PORT,
            local_datacenter: None,
            credentials: None,
            tls: None,
            keyspace: "ego".into(),
            table: "states_store".into(),
            consistency: Consistency::default(),
            serial_consistency: SerialConsistency::default(),
            write_mode: WriteMode::default(),
            max_clock_drift: Duration::from_secs(10),
            sharding: Sharding::default(),
            payload_format: PayloadFormat::default(),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(6),
            call_timeout: Duration::from_secs(10),
            max_attempts: 3,
            pool_size: 64,
            io_threads: 1,
            core_connections_per_host: 2,
            max_in_flight: 256,
            page_size: 500,
            max_payload_bytes: 8 * MIB,
            slow_call: Duration::from_millis(500),
        };
        Self { config, port: None }
    }
}

impl From<&Config> for ConfigBuilder {
    fn from(config: &Config) -> Self {
        let port = Some(config.port).filter(|port| *port != DEFAULT_PORT);
        Self { config: config.quoted(), port }
    }
}

impl ConfigBuilder {
    /// Sets the hosts to connect to first, as names or addresses: one that answers is enough, the driver finds the other
    /// nodes. A host may be followed by a port (`10.0.0.1:9042`, `[::1]:9042`), which then is the port of every node:
    /// those that are given have to be the same, and the same as [`port`](Self::port) if it is set. Blanks around a host
    /// are removed, and empty items are ignored. Required.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let config = Config::builder().contact_points(["10.0.0.1:9142", "db.example"]).build()?;
    /// assert_eq!(config.contact_points(), ["10.0.0.1", "db.example"]);
    /// assert_eq!(config.port(), 9142);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn contact_points<I>(mut self, hosts: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let trimmed = hosts.into_iter().map(|host| host.as_ref().trim().to_owned());
        self.config.contact_points = trimmed.filter(|host| !host.is_empty()).collect();
        self
    }

    /// Sets the port on which every node listens for CQL, from 1 to 65,535. Defaults to the port in
    /// [`contact_points`](Self::contact_points), or 9042 if there is none.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let config = Config::builder().contact_points(["10.0.0.1"]).port(9142).build()?;
    /// assert_eq!(config.port(), 9142);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets the datacenter whose nodes requests are sent to. Defaults to the datacenter of the first contact point that
    /// answers. Set it in production: otherwise a contact point in another datacenter moves all traffic there.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let config = Config::builder().contact_points(["10.0.0.1"]).local_datacenter("dc1").build()?;
    /// assert_eq!(config.local_datacenter(), Some("dc1"));
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn local_datacenter(mut self, datacenter: impl Into<String>) -> Self {
        self.config.local_datacenter = Some(datacenter.into());
        self
    }

    /// Sets the user name and password to log in with: `username` and `password` in text form. Defaults to none. The
    /// password never appears in an error, a log line or `Debug`.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let config = Config::builder().contact_points(["10.0.0.1"]).credentials("app", "secret").build()?;
    /// assert_eq!(config.username(), Some("app"));
    /// assert!(!format!("{config:?} {config}").contains("secret"));
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn credentials(mut self, username: impl Into<String>, password: impl Into<String>) -> Self {
        self.config.credentials = Some(Credentials { username: username.into(), password: password.into() });
        self
    }

    /// Sets the user name alone, as text forms do.
    pub(super) fn username(mut self, username: &str) -> Self {
        self.config.credentials.get_or_insert_default().username = username.into();
        self
    }

    /// Sets the password alone, as text forms do.
    pub(super) fn password(mut self, password: &str) -> Self {
        self.config.credentials.get_or_insert_default().password = password.into();
        self
    }

    /// Encrypts connections. Defaults to none: states, and the password, then travel unencrypted.
    ///
    /// ```
    /// # use durable_store::{Config, Tls};
    /// let config = Config::builder().contact_points(["10.0.0.1"]).tls(Tls::new().ca("/etc/ego/ca.pem")).build()?;
    /// assert!(config.tls().is_some());
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn tls(mut self, tls: Tls) -> Self {
        self.config.tls = Some(tls);
        self
    }

    /// Changes a part of the TLS settings, as text forms do.
    pub(super) fn change_tls(mut self, change: impl FnOnce(&mut Tls)) -> Self {
        change(self.config.tls.get_or_insert_default());
        self
    }

    /// Sets the keyspace of the table, spelled as in CQL: a letter, then letters, digits and underscores, at most 48 in
    /// all, of which upper case is folded to lower case. In double quotes (`"Ego"`) case is kept, and the first character
    /// may be a digit or an underscore. Defaults to `ego`.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let hosts = Config::builder().contact_points(["10.0.0.1"]);
    /// assert_eq!(hosts.clone().keyspace("Bank").build()?.keyspace(), "bank");
    /// assert_eq!(hosts.keyspace("\"Bank\"").build()?.keyspace(), "Bank");
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn keyspace(mut self, keyspace: impl Into<String>) -> Self {
        self.config.keyspace = keyspace.into();
        self
    }

    /// Sets the table of the states, spelled like [`keyspace`](Self::keyspace). Defaults to `states_store`.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let config = Config::builder().contact_points(["10.0.0.1"]).table("accounts").build()?;
    /// assert_eq!(config.table(), "accounts");
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn table(mut self, table: impl Into<String>) -> Self {
        self.config.table = table.into();
        self
    }

    /// Sets how many replicas must answer each read and write. Defaults to [`Consistency::LocalQuorum`], with which a read
    /// sees every earlier write in the same datacenter.
    ///
    /// ```
    /// # use durable_store::{Config, Consistency};
    /// let config = Config::builder().contact_points(["10.0.0.1"]).consistency(Consistency::Quorum).build()?;
    /// assert_eq!(config.consistency(), Consistency::Quorum);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.config.consistency = consistency;
        self
    }

    /// Sets which replicas agree on the transactions of the modes versioned and owned; must be the same for every writer of a
    /// table. Defaults to [`SerialConsistency::LocalSerial`]; if several datacenters write, it has to be
    /// [`Serial`](SerialConsistency::Serial) in all of them.
    ///
    /// ```
    /// # use durable_store::{Config, SerialConsistency};
    /// let serial = SerialConsistency::Serial;
    /// let config = Config::builder().contact_points(["10.0.0.1"]).serial_consistency(serial).build()?;
    /// assert_eq!(config.serial_consistency(), serial);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn serial_consistency(mut self, consistency: SerialConsistency) -> Self {
        self.config.serial_consistency = consistency;
        self
    }

    /// Sets what decides which write of an entity stays; has to be the mode that the table records. Defaults to
    /// [`WriteMode::LastWriteWins`].
    ///
    /// ```
    /// # use durable_store::{Config, WriteMode};
    /// let config = Config::builder().contact_points(["10.0.0.1"]).write_mode(WriteMode::Versioned).build()?;
    /// assert_eq!(config.write_mode(), WriteMode::Versioned);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn write_mode(mut self, mode: WriteMode) -> Self {
        self.config.write_mode = mode;
        self
    }

    /// Sets how the shard of an id is known, on a table keyed by shard. Defaults to [`Sharding::FromState`].
    ///
    /// ```
    /// # use durable_store::{Config, Sharding};
    /// let config = Config::builder().contact_points(["10.0.0.1"]).sharding(Sharding::Fixed(0)).build()?;
    /// assert_eq!(config.sharding(), &Sharding::Fixed(0));
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn sharding(mut self, sharding: Sharding) -> Self {
        self.config.sharding = sharding;
        self
    }

    /// Sets how payloads are written. Defaults to [`PayloadFormat::Any`], as eGo writes them.
    ///
    /// ```
    /// # use durable_store::{Config, PayloadFormat};
    /// let config = Config::builder().contact_points(["10.0.0.1"]).payload_format(PayloadFormat::Message).build()?;
    /// assert_eq!(config.payload_format(), PayloadFormat::Message);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn payload_format(mut self, format: PayloadFormat) -> Self {
        self.config.payload_format = format;
        self
    }

    /// Applies the settings in a connection string; they override earlier ones. Its form is documented at
    /// [`Config::from_str`](Config#method.from_str). What it does not contain is unchanged, and later setters override it.
    ///
    /// ```
    /// # use durable_store::{Config, Sharding};
    /// let sharding = Sharding::by(|id| id.len() as u64 % 16);
    /// let config = Config::builder().connection_string("cassandra://10.0.0.1/bank")?.sharding(sharding).build()?;
    /// assert_eq!(config.keyspace(), "bank");
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// Fails with [`ErrorKind::Config`](crate::ErrorKind::Config) if the text or a value in it cannot be read. Bounds are
    /// checked by [`build`](ConfigBuilder::build).
    pub fn connection_string(self, text: &str) -> Result<Self> {
        connection_string::set(self, text)
    }

    /// The settings as they are.
    pub(super) fn unchecked(self) -> Config {
        self.config
    }

    /// Checks every setting. Does no I/O.
    ///
    /// ```
    /// # use durable_store::{Config, ErrorKind};
    /// let error = Config::builder().build().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Config);
    /// assert_eq!(error.to_string(), "contact_points: at least one host is needed");
    /// ```
    ///
    /// # Errors
    /// Fails with [`ErrorKind::Config`](crate::ErrorKind::Config) if a setting is refused; the error names the first one
    /// and the reason.
    pub fn build(self) -> Result<Config> {
        checks::checked(self.config, self.port)
    }
}

#[cfg(test)]
mod tests;

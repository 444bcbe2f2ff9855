//! Sets and checks the settings.

use std::{net::IpAddr, ops::RangeInclusive, time::Duration};

use super::{Config, Credentials, Tls};
use crate::{Consistency, Error, PayloadFormat, Result, SerialConsistency, Sharding, WriteMode};

const MIB: usize = 1024 * 1024;

/// Timeouts are handed to the driver in whole milliseconds: less would be 0, which means "for ever" there.
pub(super) const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);

/// In rows.
pub(super) const PAGE_SIZES: RangeInclusive<u32> = 1..=100_000;

/// Cassandra's own bound on the length of keyspace and table names.
const IDENTIFIER_BYTES: usize = 48;

/// Collects settings and checks them in [`build`](ConfigBuilder::build). Made by [`Config::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ConfigBuilder {
    config: Config,
}

impl Default for ConfigBuilder {
    fn default() -> Self {
        Self {
            config: Config {
                contact_points: Vec::new(),
                port: 9042,
                local_datacenter: None,
                credentials: None,
                tls: None,
                keyspace: "ego".into(),
                table: "states_store".into(),
                consistency: Consistency::default(),
                serial_consistency: SerialConsistency::default(),
                write_mode: WriteMode::default(),
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
            },
        }
    }
}

impl ConfigBuilder {
    /// The hosts to begin with, as names or addresses without a port; one that answers is enough, the driver finds the
    /// other nodes. Blanks around a host are trimmed and empty hosts are left out. Required.
    pub fn contact_points<I>(mut self, hosts: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let trimmed = hosts.into_iter().map(|host| host.as_ref().trim().to_owned());
        self.config.contact_points = trimmed.filter(|host| !host.is_empty()).collect();
        self
    }

    /// The port every node listens on for CQL. Defaults to 9042.
    pub fn port(mut self, port: u16) -> Self {
        self.config.port = port;
        self
    }

    /// The datacenter whose nodes requests are sent to. Defaults to the one of the first contact point that answers,
    /// so production settings should name it: otherwise a foreign contact point moves all traffic abroad.
    pub fn local_datacenter(mut self, datacenter: impl Into<String>) -> Self {
        self.config.local_datacenter = Some(datacenter.into());
        self
    }

    /// The user name and password to log in with. Defaults to none. The password never appears in an error, a log line
    /// or `Debug`.
    pub fn credentials(mut self, username: impl Into<String>, password: impl Into<String>) -> Self {
        self.config.credentials = Some(Credentials { username: username.into(), password: password.into() });
        self
    }

    /// The user name alone, as text forms have it.
    pub(super) fn username(mut self, username: &str) -> Self {
        self.config.credentials.get_or_insert_default().username = username.into();
        self
    }

    /// The password alone, as text forms have it.
    pub(super) fn password(mut self, password: &str) -> Self {
        self.config.credentials.get_or_insert_default().password = password.into();
        self
    }

    /// Encrypts connections. Defaults to none: what is stored, and the password, then travel in the clear.
    pub fn tls(mut self, tls: Tls) -> Self {
        self.config.tls = Some(tls);
        self
    }

    /// Changes a part of the TLS settings, as text forms have them.
    pub(super) fn change_tls(mut self, change: impl FnOnce(&mut Tls)) -> Self {
        change(self.config.tls.get_or_insert_default());
        self
    }

    /// The keyspace the table is in: a letter, then letters, digits and underscores, at most 48 in all; upper case is
    /// folded to lower. Defaults to `ego`.
    pub fn keyspace(mut self, keyspace: impl Into<String>) -> Self {
        self.config.keyspace = keyspace.into();
        self
    }

    /// The table the states are in, spelled as a keyspace is. Defaults to `states_store`.
    pub fn table(mut self, table: impl Into<String>) -> Self {
        self.config.table = table.into();
        self
    }

    /// How many replicas must answer each read and write. Defaults to [`Consistency::LocalQuorum`], with which a read
    /// sees every earlier write in the same datacenter.
    pub fn consistency(mut self, consistency: Consistency) -> Self {
        self.config.consistency = consistency;
        self
    }

    /// Among which replicas the transactions of [`WriteMode::Versioned`] are agreed on; the same for every writer of a
    /// table. Defaults to [`SerialConsistency::LocalSerial`]; where several datacenters write, it has to be
    /// [`Serial`](SerialConsistency::Serial) everywhere.
    pub fn serial_consistency(mut self, consistency: SerialConsistency) -> Self {
        self.config.serial_consistency = consistency;
        self
    }

    /// What decides which write of an entity stays; has to be what the table records. Defaults to
    /// [`WriteMode::LastWriteWins`].
    pub fn write_mode(mut self, mode: WriteMode) -> Self {
        self.config.write_mode = mode;
        self
    }

    /// How the shard of an id is known, on a table keyed by shard. Defaults to [`Sharding::FromState`].
    pub fn sharding(mut self, sharding: Sharding) -> Self {
        self.config.sharding = sharding;
        self
    }

    /// How payloads are written. Defaults to [`PayloadFormat::Any`], as eGo writes them.
    pub fn payload_format(mut self, format: PayloadFormat) -> Self {
        self.config.payload_format = format;
        self
    }

    /// The longest one name may take to resolve, one node to accept a connection, and the server to say what the table
    /// looks like, each from 1 millisecond to 24 hours. Defaults to 5 seconds.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.config.connect_timeout = timeout;
        self
    }

    /// The longest one request may take to be answered, from 1 millisecond to 24 hours. A call tries again, where that
    /// is safe, while [`call_timeout`](Self::call_timeout) lasts. Defaults to 6 seconds.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.config.request_timeout = timeout;
        self
    }

    /// The longest a call may take altogether, waiting for a lease and all attempts included, from 1 millisecond to
    /// 24 hours. Defaults to 10 seconds.
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.config.call_timeout = timeout;
        self
    }

    /// How often a call tries at the most, where trying again is safe; at least 1. Defaults to 3.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.config.max_attempts = attempts;
        self
    }

    /// How many calls may be in flight at once, from 1 to 32,768; further ones wait. Leases, not sockets: all share one
    /// session. Defaults to 64.
    pub fn pool_size(mut self, leases: u32) -> Self {
        self.config.pool_size = leases;
        self
    }

    /// How many threads the driver answers on, from 1 to 64. Defaults to 1, enough for tens of thousands of calls a
    /// second.
    pub fn io_threads(mut self, threads: u32) -> Self {
        self.config.io_threads = threads;
        self
    }

    /// How many sockets the driver opens to each node, for each of its threads, from 1 to 64. Defaults to 2, so that
    /// losing one does not take the node away.
    pub fn core_connections_per_host(mut self, connections: u32) -> Self {
        self.config.core_connections_per_host = connections;
        self
    }

    /// How many requests a bulk call keeps in flight at once, from 1 to 10,000. They share one lease. Defaults to 256.
    pub fn max_in_flight(mut self, requests: u32) -> Self {
        self.config.max_in_flight = requests;
        self
    }

    /// How many rows a page has where an answer can have many, from 1 to 100,000. Defaults to 500.
    pub fn page_size(mut self, rows: u32) -> Self {
        self.config.page_size = rows;
        self
    }

    /// The largest payload that is written, in bytes as encoded, from 1 byte to 15 MiB; a larger one is refused before
    /// anything is sent. Defaults to 8 MiB, half of what Cassandra takes by default.
    pub fn max_payload_bytes(mut self, bytes: usize) -> Self {
        self.config.max_payload_bytes = bytes;
        self
    }

    /// The settings as they are, unchecked.
    pub(super) fn into_unchecked(self) -> Config {
        self.config
    }

    /// How long a call may take, from 1 millisecond to 24 hours, before a warning is logged with its operation,
    /// persistence id, time and outcome. Leaves out `connect`, `disconnect` and `create_schema`, which take what they
    /// take. Defaults to 500 milliseconds.
    pub fn slow_call(mut self, threshold: Duration) -> Self {
        self.config.slow_call = threshold;
        self
    }

    /// Checks every setting. Does no I/O.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the first setting that is refused and why.
    pub fn build(self) -> Result<Config> {
        let mut config = self.config;
        if config.contact_points.is_empty() {
            return Err(Error::setting("contact_points", "at least one host is needed"));
        }
        config.contact_points = config.contact_points.iter().map(|host| checked_host(host)).collect::<Result<_>>()?;
        if config.port == 0 {
            return Err(Error::setting("port", "must be from 1 to 65535"));
        }
        if let Some(datacenter) = &config.local_datacenter {
            check_text("local_datacenter", datacenter)?;
        }
        if let Some(credentials) = &config.credentials {
            if credentials.username.is_empty() {
                return Err(Error::setting("username", "is missing, but there is a password"));
            }
            check_text("username", &credentials.username)?;
            check_no_nul("password", &credentials.password)?;
        }
        if let Some(tls) = &config.tls {
            tls.check()?;
        }
        config.keyspace = checked_identifier("keyspace", &config.keyspace)?;
        config.table = checked_identifier("table", &config.table)?;
        for (name, timeout) in [
            ("connect_timeout", config.connect_timeout),
            ("request_timeout", config.request_timeout),
            ("call_timeout", config.call_timeout),
            ("slow_call", config.slow_call),
        ] {
            check_range(name, timeout, TIMEOUTS)?;
        }
        check_range("max_attempts", config.max_attempts, 1..=100)?;
        check_range("pool_size", config.pool_size, 1..=32_768)?;
        check_range("io_threads", config.io_threads, 1..=64)?;
        check_range("core_connections_per_host", config.core_connections_per_host, 1..=64)?;
        check_range("max_in_flight", config.max_in_flight, 1..=10_000)?;
        check_range("page_size", config.page_size, PAGE_SIZES)?;
        check_range("max_payload_bytes", config.max_payload_bytes, 1..=15 * MIB)?;
        Ok(config)
    }
}

pub(super) fn check_range<T: PartialOrd + std::fmt::Debug>(
    setting: &str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(Error::setting(setting, format!("{value:?} is not between {:?} and {:?}", range.start(), range.end())))
}

fn check_text(setting: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Err(Error::setting(setting, "is empty; leave it unset instead"));
    }
    check_no_nul(setting, text)
}

/// The driver takes these as C strings in places: what follows a NUL would be dropped.
fn check_no_nul(setting: &str, text: &str) -> Result<()> {
    if text.contains('\0') { Err(Error::setting(setting, "contains a NUL character")) } else { Ok(()) }
}

/// A host as the driver takes it. The driver splits at commas and has one port for all hosts.
fn checked_host(host: &str) -> Result<String> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    // One spelling of each address, so that settings are equal where they mean the same.
    if let Ok(address) = bare.parse::<IpAddr>() {
        return Ok(address.to_string());
    }
    let is_name_character = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
    if host.chars().all(is_name_character) {
        return Ok(host.to_owned());
    }
    let hint = match host.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => "; the port, one for all hosts, is the setting `port`",
        _ if host.contains(',') => "; give several hosts as several items",
        _ => "",
    };
    Err(Error::setting("contact_points", format!("{host:?} is neither a host name nor an address{hint}")))
}

/// An identifier as it is rendered in double quotes, folded to lower case as Cassandra folds unquoted ones.
pub(super) fn checked_identifier(setting: &str, name: &str) -> Result<String> {
    let well_formed = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= IDENTIFIER_BYTES
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if well_formed {
        return Ok(name.to_ascii_lowercase());
    }
    let reason =
        format!("{name:?} is not a letter followed by letters, digits and underscores, at most {IDENTIFIER_BYTES}");
    Err(Error::setting(setting, &reason))
}

#[cfg(test)]
mod tests;

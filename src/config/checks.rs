//! What each setting may be.

use std::{net::IpAddr, ops::RangeInclusive, time::Duration};

use super::{Config, identifier};
use crate::{Error, Result};

pub(super) const MIB: usize = 1024 * 1024;

/// Timeouts are handed to the driver in whole milliseconds: less would be 0, which the driver takes for no timeout.
pub(super) const TIMEOUTS: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(24 * 60 * 60);

/// In rows.
pub(super) const PAGE_SIZES: RangeInclusive<u32> = 1..=100_000;

/// The settings, if each is accepted. `port` is the port that was set.
pub(super) fn checked(mut config: Config, port: Option<u16>) -> Result<Config> {
    if config.contact_points.is_empty() {
        return Err(Error::setting("contact_points", "at least one host is needed"));
    }
    config.port = checked_port(&config.contact_points, port)?.unwrap_or(config.port);
    config.contact_points = config.contact_points.iter().map(|item| checked_host(item)).collect::<Result<_>>()?;
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
    config.keyspace = identifier::checked("keyspace", &config.keyspace)?;
    config.table = identifier::checked("table", &config.table)?;
    for (name, timeout) in [
        ("connect_timeout", config.connect_timeout),
        ("request_timeout", config.request_timeout),
        ("call_timeout", config.call_timeout),
        ("slow_call", config.slow_call),
        ("max_clock_drift", config.max_clock_drift),
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

/// The host and the port of an item of `contact_points`. An IPv6 address with a port is in brackets.
fn split_port(item: &str) -> (&str, Option<u16>) {
    if item.parse::<IpAddr>().is_ok() {
        return (item, None);
    }
    match item.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
        Some((host, Ok(port))) if !host.is_empty() => (host, Some(port)),
        _ => (item, None),
    }
}

/// The one port that the items and the setting give, if any does: the driver has one port for all nodes.
fn checked_port(items: &[String], setting: Option<u16>) -> Result<Option<u16>> {
    let given: Vec<(&String, u16)> = items.iter().filter_map(|item| Some((item, split_port(item).1?))).collect();
    let port = given.first().map(|(_, port)| *port);
    if let (Some((first, _)), Some((other, _))) = (given.first(), given.iter().find(|(_, other)| Some(*other) != port))
    {
        let reason = format!("{first:?} and {other:?} have different ports; all nodes have to listen on the same port");
        return Err(Error::setting("contact_points", reason));
    }
    if let (Some((item, _)), Some(set)) = (given.first(), setting.filter(|set| Some(*set) != port)) {
        return Err(Error::setting("port", format!("{set} was set, but contact_points contains {item:?}")));
    }
    match setting.or(port) {
        Some(0) => Err(Error::setting("port", "0 is not between 1 and 65535")),
        port => Ok(port),
    }
}

/// The host of an item as the driver takes it. The driver splits hosts at commas.
fn checked_host(item: &str) -> Result<String> {
    let (host, _) = split_port(item);
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
        Some((_, port)) if port.parse::<u64>().is_ok() => "; a port is a number from 1 to 65535",
        _ if host.contains(',') => "; give several hosts as several items",
        _ => "",
    };
    Err(Error::setting("contact_points", format!("{item:?} is neither a host name nor an address{hint}")))
}

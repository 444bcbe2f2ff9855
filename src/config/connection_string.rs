//! A [`Config`] as a connection string.

use std::{
    borrow::Cow,
    fmt::{self, Write},
    net::Ipv6Addr,
    str::FromStr,
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{
    Config, ConfigBuilder,
    settings::{self, CONTACT_POINTS, KEYSPACE, PASSWORD, PORT, SETTINGS, USERNAME},
};
use crate::{Error, Result};

const SCHEME: &str = "cassandra://";

/// What is encoded in a user name.
const IN_USERNAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is encoded in a value: less, so that paths stay legible.
const IN_VALUE: &AsciiSet = &IN_USERNAME.remove(b'/').remove(b':');

impl FromStr for Config {
    type Err = Error;

    /// Reads a connection string: `cassandra://user:password@host,host:port/keyspace?setting=value&setting=value`.
    ///
    /// Only a host is required. The one port is that of every node; IPv6 addresses are in brackets. Any setting may
    /// stand behind the question mark, by the name of its builder method; durations have a unit (`500ms`, `5s`). What is
    /// not a letter, digit or one of `-._~` is percent-encoded in user name, password and values; a `/` or `:` may stay
    /// as it is in values.
    ///
    /// ```
    /// use durable_store::{Config, Consistency};
    ///
    /// let config: Config =
    ///     "cassandra://app:p%40ss@10.0.0.1,10.0.0.2:9142/ego?local_datacenter=dc1&consistency=QUORUM".parse()?;
    /// assert_eq!((config.contact_points().len(), config.port()), (2, 9142));
    /// assert_eq!(config.consistency(), Consistency::Quorum);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the setting. A setting that is not known is refused with the nearest that is. No
    /// error shows the password or the string.
    fn from_str(text: &str) -> Result<Self> {
        let mut builder = Config::builder();
        let mut given = Vec::new();
        for (name, value) in parts(text.trim())? {
            let Some(setting) = settings::find(&name) else {
                let nearest = settings::nearest(&name);
                let reason = format!("there is no setting {name:?}; did you mean {nearest}?");
                return Err(Error::setting("connection string", reason));
            };
            if given.contains(&setting.name) {
                return Err(Error::setting(setting.name, "is given twice in the connection string"));
            }
            given.push(setting.name);
            builder = (setting.set)(builder, &value)?;
        }
        builder.build()
    }
}

/// The settings in a connection string, decoded, in its own order.
fn parts(text: &str) -> Result<Vec<(Cow<'_, str>, Cow<'_, str>)>> {
    let rest = text.strip_prefix(SCHEME).ok_or_else(|| malformed("does not begin with cassandra://"))?;
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // Shown nothing of: it may be the second half of a password.
    if rest.contains(['@', '#']) {
        return Err(malformed(
            "has a '/', '?', '#' or '@' where it has to be percent-encoded: as %2F, %3F, %23 or %40",
        ));
    }
    let mut found = Vec::new();
    let hosts = match authority.rsplit_once('@') {
        Some((user, hosts)) => {
            let (username, password) = user.split_once(':').map_or((user, None), |(name, word)| (name, Some(word)));
            found.push((Cow::Borrowed(USERNAME), decoded(USERNAME, username)?));
            if let Some(password) = password {
                found.push((Cow::Borrowed(PASSWORD), decoded(PASSWORD, password)?));
            }
            hosts
        }
        None => authority,
    };
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    // Nor of this: one of the settings may be the password.
    if [hosts, path].iter().any(|part| part.contains(['&', '='])) {
        return Err(malformed("has a '&' or '=' before the '?' that settings stand behind"));
    }
    let (hosts, port) = split_port(hosts);
    // Nor of this: where the host was forgotten it is a user and a password.
    if hosts.split(',').any(has_misplaced_colon) {
        let reason =
            "a ':' stands between a host and the one port, behind the last, and in IPv6 addresses, in brackets";
        return Err(Error::setting(CONTACT_POINTS, reason));
    }
    if !hosts.is_empty() {
        found.push((Cow::Borrowed(CONTACT_POINTS), decoded(CONTACT_POINTS, hosts)?));
    }
    if let Some(port) = port {
        // Shown nothing of: where the host was forgotten it is a password.
        if port.parse::<u16>().is_err() {
            return Err(Error::setting(PORT, "what follows the last ':' of the connection string is not a port"));
        }
        found.push((Cow::Borrowed(PORT), Cow::Borrowed(port)));
    }
    let keyspace = path.trim_start_matches('/');
    if !keyspace.is_empty() {
        found.push((Cow::Borrowed(KEYSPACE), decoded(KEYSPACE, keyspace)?));
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| malformed("has a part without '=' behind its question mark"))?;
        let name = decoded("the name of a setting", name)?;
        let value = decoded(&name, value)?;
        found.push((name, value));
    }
    Ok(found)
}

/// The port stands behind the last host; an IPv6 address has colons of its own, inside its brackets. A bracket behind the
/// colon is no reason to take both for a host: the two may be a user and a password.
fn split_port(hosts: &str) -> (&str, Option<&str>) {
    match hosts.rsplit_once(':') {
        Some((hosts, port)) if hosts.rfind('[') <= hosts.rfind(']') => (hosts, Some(port)),
        _ => (hosts, None),
    }
}

fn has_misplaced_colon(host: &str) -> bool {
    let host = host.trim();
    let in_brackets = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    host.contains(':') && in_brackets.is_none_or(|address| address.parse::<Ipv6Addr>().is_err())
}

fn decoded<'t>(setting: &str, text: &'t str) -> Result<Cow<'t, str>> {
    let whole = |code: &str| code.get(..2).is_some_and(|digits| digits.chars().all(|digit| digit.is_ascii_hexdigit()));
    let decoded = percent_decode_str(text).decode_utf8().ok();
    match decoded {
        Some(decoded) if text.split('%').skip(1).all(whole) => Ok(decoded),
        _ => Err(Error::setting(
            setting,
            "a '%' in it does not begin the code of a character; write %25 for the sign itself",
        )),
    }
}

fn malformed(reason: &str) -> Error {
    let form = "cassandra://user:password@host,host:port/keyspace?setting=value";
    Error::setting("connection string", format!("it {reason}; expected the form {form}"))
}

impl fmt::Display for Config {
    /// The connection string, from which the same `Config` can be read, of all that is not as by default. Without what is
    /// secret: the password, and a private key that was not given as the path of a file. Without what cannot be said in
    /// text: a function for [`sharding`](ConfigBuilder::sharding).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SCHEME)?;
        if let Some(username) = self.username() {
            write!(f, "{}@", utf8_percent_encode(username, IN_USERNAME))?;
        }
        let in_brackets = |host: &String| match host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => host.clone(),
        };
        let hosts: Vec<String> = self.contact_points().iter().map(in_brackets).collect();
        write!(f, "{}:{}/{}", hosts.join(","), self.port(), self.keyspace())?;
        let defaults = ConfigBuilder::default().into_unchecked();
        let mut separator = '?';
        for setting in SETTINGS {
            let has_its_place = [USERNAME, PASSWORD, CONTACT_POINTS, PORT, KEYSPACE].contains(&setting.name);
            let value = (setting.show)(self).filter(|value| Some(value) != (setting.show)(&defaults).as_ref());
            if let Some(value) = value.filter(|_| !has_its_place) {
                f.write_char(separator)?;
                write!(f, "{}={}", setting.name, utf8_percent_encode(&value, IN_VALUE))?;
                separator = '&';
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

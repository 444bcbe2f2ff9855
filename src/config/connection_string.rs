//! A [`Config`] as a connection string.

use std::{
    borrow::Cow,
    fmt::{self, Write},
    net::Ipv6Addr,
    str::FromStr,
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{
    Config, ConfigBuilder, identifier,
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
    /// Only a host is required. The port is that of every node: it may follow any of the hosts. IPv6 addresses are in
    /// brackets. Any setting may follow the question mark, by the name of its builder method; durations have a unit
    /// (`500ms`, `5s`). In user name, password and values, characters other than letters, digits and `-._~` are
    /// percent-encoded; in values `/` and `:` need not be. The scheme may be in upper or lower case. A keyspace or table
    /// with capital letters is in double quotes: `/%22Ego%22` or `/"Ego"`.
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
    /// Fails with [`ErrorKind::Config`](crate::ErrorKind::Config), naming the setting. The error of an unknown setting
    /// names the most similar known one. No error shows the password or the string.
    fn from_str(text: &str) -> Result<Self> {
        set(Config::builder(), text)?.build()
    }
}

/// Sets what a connection string contains.
pub(super) fn set(mut builder: ConfigBuilder, text: &str) -> Result<ConfigBuilder> {
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
    Ok(builder)
}

/// Settings by name, decoded.
type Parts<'t> = Vec<(Cow<'t, str>, Cow<'t, str>)>;

/// The settings in a connection string, in its own order.
fn parts(text: &str) -> Result<Parts<'_>> {
    let scheme = text.get(..SCHEME.len()).filter(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
    let rest = scheme.and_then(|scheme| text.get(scheme.len()..));
    let rest = rest.ok_or_else(|| malformed("does not begin with cassandra://"))?;
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    // Do not echo this part: it may be the tail of a password.
    if rest.contains(['@', '#']) {
        return Err(malformed(
            "has a '/', '?', '#' or '@' where it has to be percent-encoded: as %2F, %3F, %23 or %40",
        ));
    }
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut found = Vec::new();
    let hosts = split_user(authority, &mut found)?;
    // Do not echo this part: one of the settings may be the password.
    if [hosts, path].iter().any(|part| part.contains(['&', '='])) {
        return Err(malformed("has a '&' or '=' before the '?' that begins the settings"));
    }
    split_hosts(hosts, &mut found)?;
    let keyspace = path.trim_start_matches('/');
    if !keyspace.is_empty() {
        found.push((Cow::Borrowed(KEYSPACE), decoded(KEYSPACE, keyspace)?));
    }
    split_query(query, &mut found)?;
    Ok(found)
}

/// Adds user name and password, and returns the hosts after them.
fn split_user<'t>(authority: &'t str, found: &mut Parts<'t>) -> Result<&'t str> {
    let Some((user, hosts)) = authority.rsplit_once('@') else { return Ok(authority) };
    let (username, password) = user.split_once(':').map_or((user, None), |(name, word)| (name, Some(word)));
    found.push((Cow::Borrowed(USERNAME), decoded(USERNAME, username)?));
    if let Some(password) = password {
        found.push((Cow::Borrowed(PASSWORD), decoded(PASSWORD, password)?));
    }
    Ok(hosts)
}

/// Adds the hosts, and the port that some of them have behind a colon. Echoes none of it: if the host was forgotten, it is
/// a user name and a password.
fn split_hosts<'t>(hosts: &'t str, found: &mut Parts<'t>) -> Result<()> {
    let (mut names, mut port) = (Vec::new(), None);
    for (number, item) in hosts.split(',').enumerate() {
        let (host, its_port) = split_port(item)?;
        names.push(host);
        let Some(its_port) = its_port else { continue };
        if its_port.parse::<u16>().is_err() {
            return Err(Error::setting(PORT, "what follows the ':' of a host is not a number from 1 to 65535"));
        }
        let (first, expected) = *port.get_or_insert((number, its_port));
        if expected != its_port {
            let (first, number) = (first + 1, number + 1);
            let reason =
                format!("host {first} and host {number} have different ports; all nodes have to listen on one");
            return Err(Error::setting(CONTACT_POINTS, reason));
        }
    }
    if !hosts.is_empty() {
        found.push((Cow::Borrowed(CONTACT_POINTS), decoded(CONTACT_POINTS, &names.join(","))?.into_owned().into()));
    }
    if let Some((_, port)) = port {
        found.push((Cow::Borrowed(PORT), Cow::Borrowed(port)));
    }
    Ok(())
}

/// A host and what stands behind its colon. An IPv6 address has colons of its own, inside its brackets.
fn split_port(item: &str) -> Result<(&str, Option<&str>)> {
    let (host, port) = match item.rsplit_once(':') {
        Some((host, port)) if host.rfind('[') <= host.rfind(']') => (host, Some(port)),
        _ => (item, None),
    };
    let in_brackets = host.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if host.contains(':') && in_brackets.is_none_or(|address| address.parse::<Ipv6Addr>().is_err()) {
        let reason = "a ':' may stand between a host and its port, and in IPv6 addresses, which have to be in brackets";
        return Err(Error::setting(CONTACT_POINTS, reason));
    }
    Ok((host, port))
}

fn split_query<'t>(query: &'t str, found: &mut Parts<'t>) -> Result<()> {
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| malformed("has a part without '=' after its question mark"))?;
        let name = decoded("the name of a setting", name)?;
        let value = decoded(&name, value)?;
        found.push((name, value));
    }
    Ok(())
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
    /// Writes the connection string of all settings that differ from their defaults. Parsing it returns an equal `Config`,
    /// except for what is secret, the password and a private key that was not given as the path of a file, and for what
    /// has no text form, a function for [`sharding`](ConfigBuilder::sharding).
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
        let keyspace = identifier::text(self.keyspace());
        write!(f, "{}:{}/{}", hosts.join(","), self.port(), utf8_percent_encode(&keyspace, IN_VALUE))?;
        let defaults = ConfigBuilder::default().unchecked();
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

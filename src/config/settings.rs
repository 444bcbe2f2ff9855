//! The settings as text: the one list that connection strings and the environment share.

use std::{fmt::Display, str::FromStr, time::Duration};

use super::{
    Config, ConfigBuilder, Pem, Sharding,
    certificates::{CA, CERTIFICATE, KEY},
    identifier,
};
use crate::{Error, Result};

/// One setting in text form.
pub(super) struct Setting {
    /// What it is called in a connection string, and, in upper case after a prefix, in the environment.
    pub(super) name: &'static str,
    /// Reads its text. A refusal names the setting, and shows the text only where that cannot be secret.
    pub(super) set: fn(ConfigBuilder, &str) -> Result<ConfigBuilder>,
    /// Its text; `None` where it has none, and for what is secret.
    pub(super) show: fn(&Config) -> Option<String>,
}

/// A setting whose builder method and getter have its name. `$read` makes the value of its text, `$show` the text of its
/// value.
macro_rules! setting {
    ($name:ident, $read:ident, $show:ident) => {
        Setting {
            name: stringify!($name),
            set: |builder, text| Ok(builder.$name($read(stringify!($name), text)?)),
            show: |config| $show(config.$name()),
        }
    };
}

/// A setting that is PEM text or the path of a file, in a field of [`Tls`]. What `$shown` does not accept is secret.
macro_rules! pem_setting {
    ($name:expr, $field:ident, $shown:expr) => {
        Setting {
            name: $name,
            set: |builder, text| Ok(builder.change_tls(|tls| tls.$field = Some(text.into()))),
            show: |config| config.tls()?.$field.as_ref().filter($shown).map(pem_text),
        }
    };
}

/// In the order of the table in the documentation of [`Config`].
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: CONTACT_POINTS,
        set: |builder, text| Ok(builder.contact_points(text.split(','))),
        show: |config| Some(config.contact_points().join(",")),
    },
    setting!(port, number, shown),
    setting!(local_datacenter, text, shown_if_set),
    Setting {
        name: USERNAME,
        set: |builder, text| Ok(builder.username(text)),
        show: |config| shown_if_set(config.username()),
    },
    Setting { name: PASSWORD, set: |builder, text| Ok(builder.password(text)), show: |_| None },
    pem_setting!(CA, ca, |_| true),
    pem_setting!(CERTIFICATE, certificate, |_| true),
    pem_setting!(KEY, key, |key| matches!(key, Pem::File(_))),
    Setting {
        name: "tls_verification",
        set: |builder, text| {
            let verification = text.parse()?;
            Ok(builder.change_tls(|tls| tls.verification = verification))
        },
        show: |config| shown(config.tls().map(|tls| tls.verification).unwrap_or_default()),
    },
    setting!(keyspace, text, shown_name),
    setting!(table, text, shown_name),
    setting!(consistency, parsed, shown),
    setting!(serial_consistency, parsed, shown),
    setting!(write_mode, parsed, shown),
    setting!(sharding, parsed, shown_sharding),
    setting!(payload_format, parsed, shown),
    setting!(connect_timeout, duration, shown_duration),
    setting!(request_timeout, duration, shown_duration),
    setting!(call_timeout, duration, shown_duration),
    setting!(max_attempts, number, shown),
    setting!(pool_size, number, shown),
    setting!(io_threads, number, shown),
    setting!(core_connections_per_host, number, shown),
    setting!(max_in_flight, number, shown),
    setting!(page_size, number, shown),
    setting!(max_payload_bytes, number, shown),
    setting!(max_clock_drift, duration, shown_duration),
    setting!(slow_call, duration, shown_duration),
];

pub(super) const USERNAME: &str = "username";
pub(super) const PASSWORD: &str = "password";
pub(super) const CONTACT_POINTS: &str = "contact_points";
pub(super) const PORT: &str = "port";
pub(super) const KEYSPACE: &str = "keyspace";

pub(super) fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// The setting whose name is most similar to this one, which is misspelled or only a part of a name.
pub(super) fn nearest(name: &str) -> &'static str {
    let name = name.to_lowercase();
    let likeness = |setting: &str| {
        strsim::normalized_damerau_levenshtein(setting, &name).max(strsim::sorensen_dice(setting, &name))
    };
    let by_likeness = |one: &&str, other: &&str| likeness(one).total_cmp(&likeness(other));
    SETTINGS.iter().map(|setting| setting.name).max_by(by_likeness).unwrap_or_default()
}

fn text<'t>(_: &str, text: &'t str) -> Result<&'t str> {
    Ok(text)
}

/// Errors of these types name the setting themselves.
fn parsed<T: FromStr<Err = Error>>(_: &str, text: &str) -> Result<T> {
    text.parse()
}

fn number<T: FromStr<Err: Display>>(setting: &str, text: &str) -> Result<T> {
    text.trim().parse().map_err(|cause| Error::setting(setting, format!("{text:?} is not a number it can be: {cause}")))
}

pub(super) fn duration(setting: &str, text: &str) -> Result<Duration> {
    humantime::parse_duration(text.trim()).map_err(|cause| {
        Error::setting(setting, format!("{text:?} is not a duration with its unit, such as 500ms or 5s: {cause}"))
    })
}

pub(super) fn duration_text(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
}

fn shown(value: impl Display) -> Option<String> {
    Some(value.to_string())
}

fn shown_if_set(value: Option<&str>) -> Option<String> {
    value.map(str::to_owned)
}

fn shown_duration(duration: Duration) -> Option<String> {
    Some(duration_text(duration))
}

fn shown_name(name: &str) -> Option<String> {
    Some(identifier::text(name).into_owned())
}

/// A function has no text.
fn shown_sharding(sharding: &Sharding) -> Option<String> {
    match sharding {
        Sharding::FromState => Some("from_state".into()),
        Sharding::Fixed(shard) => Some(format!("fixed:{shard}")),
        Sharding::By(_) => None,
    }
}

fn pem_text(pem: &Pem) -> String {
    match pem {
        Pem::File(path) => path.display().to_string(),
        Pem::Inline(text) => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_given_once_and_each_is_nearest_to_itself() {
        for (at, setting) in SETTINGS.iter().enumerate() {
            assert!(SETTINGS[..at].iter().all(|earlier| earlier.name != setting.name), "{}", setting.name);
            assert_eq!(nearest(setting.name), setting.name);
        }
        for (misspelled, known) in [("consistancy", "consistency"), ("TIMEOUT", "call_timeout"), ("pool", "pool_size")]
        {
            assert_eq!(nearest(misspelled), known);
        }
    }

    #[test]
    fn durations_and_numbers_say_what_is_wrong_with_them() {
        assert_eq!(duration("call_timeout", " 1m 30s ").unwrap(), Duration::from_secs(90));
        assert_eq!(duration_text(Duration::from_millis(90_500)), "1m30s500ms");
        for text in ["", "5", "-5s", "5 parsecs", "99999999999999999999s"] {
            let error = duration("call_timeout", text).unwrap_err().to_string();
            assert!(error.starts_with("call_timeout: ") && error.contains("500ms"), "{error}");
        }
        for text in ["", "x", "-1", "1.5", "99999999999999999999"] {
            let error = number::<u32>("pool_size", text).unwrap_err().to_string();
            assert!(error.starts_with("pool_size: "), "{error}");
        }
    }
}

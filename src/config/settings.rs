//! The settings as text: the one list that connection strings and the environment share.

use std::{fmt::Display, str::FromStr, time::Duration};

use super::{
    Config, ConfigBuilder, Pem, Tls,
    certificates::{CA, CERTIFICATE, KEY},
};
use crate::{Error, Result, Sharding};

/// One setting in text form.
pub(super) struct Setting {
    /// What it is called in a connection string, and, in upper case after a prefix, in the environment.
    pub(super) name: &'static str,
    /// Reads its text. A refusal names the setting, and shows the text only where that cannot be secret.
    pub(super) set: fn(ConfigBuilder, &str) -> Result<ConfigBuilder>,
    /// Its text; `None` where it has none, and for what is secret.
    pub(super) show: fn(&Config) -> Option<String>,
}

/// In the order in which they are shown. The first five have a place of their own in a connection string.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        name: USERNAME,
        set: |builder, text| Ok(builder.username(text)),
        show: |config| config.username().map(str::to_owned),
    },
    Setting { name: PASSWORD, set: |builder, text| Ok(builder.password(text)), show: |_| None },
    Setting {
        name: CONTACT_POINTS,
        set: |builder, text| Ok(builder.contact_points(text.split(','))),
        show: |config| Some(config.contact_points().join(",")),
    },
    Setting {
        name: PORT,
        set: |builder, text| Ok(builder.port(number(PORT, text)?)),
        show: |config| Some(config.port().to_string()),
    },
    Setting {
        name: KEYSPACE,
        set: |builder, text| Ok(builder.keyspace(text)),
        show: |config| Some(config.keyspace().to_owned()),
    },
    Setting {
        name: "table",
        set: |builder, text| Ok(builder.table(text)),
        show: |config| Some(config.table().to_owned()),
    },
    Setting {
        name: "local_datacenter",
        set: |builder, text| Ok(builder.local_datacenter(text)),
        show: |config| config.local_datacenter().map(str::to_owned),
    },
    Setting {
        name: CA,
        set: |builder, text| Ok(builder.change_tls(|tls| tls.ca = Some(text.into()))),
        show: |config| tls(config, |tls| tls.ca.as_ref().map(pem)),
    },
    Setting {
        name: CERTIFICATE,
        set: |builder, text| Ok(builder.change_tls(|tls| tls.certificate = Some(text.into()))),
        show: |config| tls(config, |tls| tls.certificate.as_ref().map(pem)),
    },
    Setting {
        name: KEY,
        set: |builder, text| Ok(builder.change_tls(|tls| tls.key = Some(text.into()))),
        show: |config| tls(config, |tls| tls.key.as_ref().filter(|key| matches!(key, Pem::File(_))).map(pem)),
    },
    Setting {
        name: "tls_verification",
        set: |builder, text| {
            let verification = text.parse()?;
            Ok(builder.change_tls(|tls| tls.verification = verification))
        },
        show: |config| {
            let verification = tls(config, |tls| Some(tls.verification)).unwrap_or_default();
            Some(verification.to_string())
        },
    },
    Setting {
        name: "consistency",
        set: |builder, text| Ok(builder.consistency(text.parse()?)),
        show: |config| Some(config.consistency().to_string()),
    },
    Setting {
        name: "serial_consistency",
        set: |builder, text| Ok(builder.serial_consistency(text.parse()?)),
        show: |config| Some(config.serial_consistency().to_string()),
    },
    Setting {
        name: "write_mode",
        set: |builder, text| Ok(builder.write_mode(text.parse()?)),
        show: |config| Some(config.write_mode().to_string()),
    },
    Setting {
        name: "sharding",
        set: |builder, text| Ok(builder.sharding(text.parse()?)),
        show: |config| match config.sharding() {
            Sharding::FromState => Some("from_state".into()),
            Sharding::Fixed(shard) => Some(format!("fixed:{shard}")),
            Sharding::By(_) => None,
        },
    },
    Setting {
        name: "payload_format",
        set: |builder, text| Ok(builder.payload_format(text.parse()?)),
        show: |config| Some(config.payload_format().to_string()),
    },
    Setting {
        name: "connect_timeout",
        set: |builder, text| Ok(builder.connect_timeout(duration("connect_timeout", text)?)),
        show: |config| Some(duration_text(config.connect_timeout())),
    },
    Setting {
        name: "request_timeout",
        set: |builder, text| Ok(builder.request_timeout(duration("request_timeout", text)?)),
        show: |config| Some(duration_text(config.request_timeout())),
    },
    Setting {
        name: "call_timeout",
        set: |builder, text| Ok(builder.call_timeout(duration("call_timeout", text)?)),
        show: |config| Some(duration_text(config.call_timeout())),
    },
    Setting {
        name: "max_attempts",
        set: |builder, text| Ok(builder.max_attempts(number("max_attempts", text)?)),
        show: |config| Some(config.max_attempts().to_string()),
    },
    Setting {
        name: "pool_size",
        set: |builder, text| Ok(builder.pool_size(number("pool_size", text)?)),
        show: |config| Some(config.pool_size().to_string()),
    },
    Setting {
        name: "io_threads",
        set: |builder, text| Ok(builder.io_threads(number("io_threads", text)?)),
        show: |config| Some(config.io_threads().to_string()),
    },
    Setting {
        name: "core_connections_per_host",
        set: |builder, text| Ok(builder.core_connections_per_host(number("core_connections_per_host", text)?)),
        show: |config| Some(config.core_connections_per_host().to_string()),
    },
    Setting {
        name: "max_in_flight",
        set: |builder, text| Ok(builder.max_in_flight(number("max_in_flight", text)?)),
        show: |config| Some(config.max_in_flight().to_string()),
    },
    Setting {
        name: "page_size",
        set: |builder, text| Ok(builder.page_size(number("page_size", text)?)),
        show: |config| Some(config.page_size().to_string()),
    },
    Setting {
        name: "max_payload_bytes",
        set: |builder, text| Ok(builder.max_payload_bytes(number("max_payload_bytes", text)?)),
        show: |config| Some(config.max_payload_bytes().to_string()),
    },
    Setting {
        name: "slow_call",
        set: |builder, text| Ok(builder.slow_call(duration("slow_call", text)?)),
        show: |config| Some(duration_text(config.slow_call())),
    },
];

pub(super) const USERNAME: &str = "username";
pub(super) const PASSWORD: &str = "password";
pub(super) const CONTACT_POINTS: &str = "contact_points";
pub(super) const PORT: &str = "port";
pub(super) const KEYSPACE: &str = "keyspace";

pub(super) fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.name == name)
}

/// The setting whose name is nearest to one that is none: misspelled, or only a part of it.
pub(super) fn nearest(name: &str) -> &'static str {
    let name = name.to_lowercase();
    let likeness = |setting: &str| {
        strsim::normalized_damerau_levenshtein(setting, &name).max(strsim::sorensen_dice(setting, &name))
    };
    let by_likeness = |one: &&str, other: &&str| likeness(one).total_cmp(&likeness(other));
    SETTINGS.iter().map(|setting| setting.name).max_by(by_likeness).unwrap_or_default()
}

fn number<T: FromStr>(setting: &str, text: &str) -> Result<T>
where
    T::Err: Display,
{
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

fn tls<T>(config: &Config, show: impl FnOnce(&Tls) -> Option<T>) -> Option<T> {
    config.tls().and_then(show)
}

fn pem(pem: &Pem) -> String {
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

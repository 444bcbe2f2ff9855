//! Settings in the formats of `serde`: the same names and texts as in a connection string.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
    ser::{Error as _, SerializeMap},
};

use super::{
    Config, ConfigBuilder, Consistency, PayloadFormat, SerialConsistency, Sharding, TlsVerification, Ttl, WriteMode,
    settings::{self, CONTACT_POINTS, SETTINGS},
};

/// Implements `Serialize` by `Display` and `Deserialize` by `FromStr`.
macro_rules! serde_by_text {
    ($($type:ty),+) => {$(
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize<'de>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

pub(crate) use serde_by_text;

serde_by_text!(Consistency, SerialConsistency, WriteMode, PayloadFormat, TlsVerification, Ttl);

/// As a map of settings that differ from their defaults, by name, with the values that a connection string has. Leaves out
/// what is secret: the password, and a private key that was not given as the path of a file. Fails if
/// [`sharding`](ConfigBuilder::sharding) is a function, which no format can hold.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for Config {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if matches!(self.sharding(), Sharding::By(_)) {
            return Err(S::Error::custom("sharding: a function cannot be serialized"));
        }
        let defaults = ConfigBuilder::default().unchecked();
        let differs = |setting: &&settings::Setting| (setting.show)(self) != (setting.show)(&defaults);
        let mut map = serializer.serialize_map(None)?;
        for setting in SETTINGS.iter().filter(differs) {
            if let Some(text) = (setting.show)(self) {
                map.serialize_entry(setting.name, &text)?;
            }
        }
        map.end()
    }
}

/// From a map of settings by name, whose values are text or numbers, and a list for `contact_points`; or from a connection
/// string.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for Config {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Settings)
    }
}

struct Settings;

impl<'de> Visitor<'de> for Settings {
    type Value = Config;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of settings, or a connection string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Config, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Config, A::Error> {
        let mut builder = Config::builder();
        let mut given = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let Some(setting) = settings::find(&name) else {
                let nearest = settings::nearest(&name);
                return Err(A::Error::custom(format!("there is no setting {name:?}; did you mean {nearest}?")));
            };
            if given.contains(&setting.name) {
                return Err(A::Error::custom(format!("{name}: is given twice")));
            }
            given.push(setting.name);
            // The error of the format is not shown: it may quote a password.
            let value = map.next_value::<Value>().map_err(|_| {
                let expected = if name == CONTACT_POINTS { "a text or a list of texts" } else { "a text or a number" };
                A::Error::custom(format!("{name}: expected {expected}"))
            })?;
            builder = (setting.set)(builder, &value.text()).map_err(A::Error::custom)?;
        }
        builder.build().map_err(A::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Text(String),
    Number(u64),
    List(Vec<String>),
}

impl Value {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Number(number) => number.to_string(),
            Self::List(items) => items.join(","),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{Pem, Tls};

    fn read(json: &str) -> Result<Config, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn a_config_is_read_from_a_map_or_a_connection_string() {
        let expected = Config::builder()
            .contact_points(["10.0.0.1", "10.0.0.2"])
            .credentials("app", "secret")
            .pool_size(8)
            .call_timeout(Duration::from_secs(3))
            .write_mode(WriteMode::Versioned)
            .build()
            .unwrap();
        let rest = r#""username": "app", "password": "secret", "call_timeout": "3s", "write_mode": "versioned""#;
        for json in [
            format!(r#"{{"contact_points": ["10.0.0.1", "10.0.0.2"], "pool_size": 8, {rest}}}"#),
            format!(r#"{{"contact_points": "10.0.0.1,10.0.0.2", "pool_size": "8", {rest}}}"#),
            r#""cassandra://app:secret@10.0.0.1,10.0.0.2?pool_size=8&call_timeout=3s&write_mode=versioned""#.into(),
        ] {
            assert_eq!(read(&json).unwrap(), expected, "{json}");
        }
    }

    #[test]
    fn a_config_is_written_without_secrets_and_read_back() {
        let key = include_str!("../../tests/support/certificates/rsa.pkcs1.key");
        let certificate = include_str!("../../tests/support/certificates/rsa.pem");
        let builder = Config::builder().contact_points(["10.0.0.1"]).keyspace("\"Ego\"").port(9142).pool_size(8);
        let open = builder.clone().tls(Tls::new().ca("ca.pem")).build().unwrap();
        let json = serde_json::to_string(&open).unwrap();
        assert!(json.contains(r#""pool_size":"8""#), "{json}");
        assert_eq!(read(&json).unwrap(), open);

        let tls = Tls::new().ca("ca.pem").client_certificate(Pem::text(certificate), Pem::text(key));
        let secret = builder.credentials("app", "secret-word").tls(tls).build().unwrap();
        let json = serde_json::to_string(&secret).unwrap();
        assert!(!json.contains("secret-word") && !json.contains("PRIVATE"), "{json}");
        assert!(json.contains(r#""username":"app""#), "{json}");
    }

    #[test]
    fn a_function_is_an_error_and_a_refusal_names_the_setting() {
        let config = Config::builder().contact_points(["a"]).sharding(Sharding::by(|_| 1)).build().unwrap();
        assert!(serde_json::to_string(&config).unwrap_err().to_string().starts_with("sharding: "));
        for (json, part) in [
            (r#"{"pool_size": 8}"#, "contact_points: "),
            (r#"{"contact_points": "a", "pool_size": 0}"#, "pool_size: "),
            (r#"{"contact_points": "a", "pool_size": -1}"#, "pool_size: expected a text or a number"),
            (r#"{"contact_points": "a", "password": ["secret-word", 1]}"#, "password: expected"),
            (r#"{"contact_points": "a", "pol_size": 8}"#, "did you mean pool_size?"),
            (r#"{"contact_points": "a", "port": 1, "port": 2}"#, "port: is given twice"),
            ("7", "a map of settings, or a connection string"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(part) && !error.contains("secret-word"), "{json}: {error}");
        }
    }

    #[test]
    fn enumerations_are_their_texts() {
        fn round_trip<T: Serialize + for<'de> Deserialize<'de> + PartialEq + fmt::Debug>(value: T, json: &str) {
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!(serde_json::from_str::<T>(json).unwrap(), value);
        }
        round_trip(Consistency::LocalQuorum, r#""LOCAL_QUORUM""#);
        round_trip(SerialConsistency::Serial, r#""SERIAL""#);
        round_trip(WriteMode::Versioned, r#""versioned""#);
        round_trip(PayloadFormat::Message, r#""message""#);
        round_trip(TlsVerification::CertificateOnly, r#""certificate_only""#);
        round_trip("90s".parse::<Ttl>().unwrap(), r#""1m30s""#);
        round_trip(crate::Layout::ById, r#""by_id""#);
        assert_eq!(serde_json::to_string(&crate::ErrorKind::InvalidState).unwrap(), r#""invalid_state""#);
        assert!(serde_json::from_str::<WriteMode>(r#""newest""#).unwrap_err().to_string().starts_with("write_mode: "));
    }
}

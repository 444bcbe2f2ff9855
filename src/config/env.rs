//! A [`Config`] from the environment.

use std::{env, ffi::OsString};

use super::{
    Config, ConfigBuilder,
    settings::{self, PORT},
};
use crate::{Error, Result, telemetry};

const PREFIX: &str = "DURABLE_STORE_";

impl Config {
    /// Reads the settings from environment variables: `DURABLE_STORE_` and the name of the builder method in upper case,
    /// with the values a connection string has, such as `DURABLE_STORE_CONTACT_POINTS=10.0.0.1,10.0.0.2` and
    /// `DURABLE_STORE_CALL_TIMEOUT=3s`. What is not set has its default.
    ///
    /// A variable with that prefix that is no setting is ignored, with a warning that names the nearest setting: container
    /// platforms make variables of their own for a service of that name. So is a `DURABLE_STORE_PORT` that begins with
    /// `tcp://`, without a warning.
    ///
    /// ```no_run
    /// let store = durable_store::DurableStore::new(durable_store::Config::from_env()?);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the setting; never showing a password.
    pub fn from_env() -> Result<Self> {
        Self::builder().with_env()?.build()
    }
}

impl ConfigBuilder {
    /// Sets what the environment sets, as [`Config::from_env`] reads it, over what was set before. What the environment
    /// does not set is unchanged, and later setters override it.
    ///
    /// ```no_run
    /// let config = durable_store::Config::builder().contact_points(["127.0.0.1"]).with_env()?.table("accounts").build()?;
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a value that cannot be read, naming the setting. Bounds are
    /// checked by [`build`](ConfigBuilder::build).
    pub fn with_env(self) -> Result<Self> {
        with_variables(self, env::vars_os(), telemetry::variable_ignored)
    }
}

fn with_variables(
    mut builder: ConfigBuilder,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    mut ignored: impl FnMut(&str, &str),
) -> Result<ConfigBuilder> {
    for (variable, value) in variables {
        let Some(name) = variable.to_str().and_then(|variable| variable.strip_prefix(PREFIX)) else { continue };
        let Some(setting) = settings::find(&name.to_lowercase()).filter(|_| name == name.to_uppercase()) else {
            let nearest = settings::nearest(name).to_uppercase();
            ignored(&format!("{PREFIX}{name}"), &format!("{PREFIX}{nearest}"));
            continue;
        };
        let value =
            value.into_string().map_err(|_| Error::setting(setting.name, "its environment variable is not UTF-8"))?;
        if setting.name == PORT && value.starts_with("tcp://") {
            continue;
        }
        builder = (setting.set)(builder, &value)?;
    }
    Ok(builder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Consistency, ErrorKind};

    fn read(variables: &[(&str, &str)]) -> (Result<Config>, Vec<String>) {
        let mut warnings = Vec::new();
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into()));
        let ignored = |name: &str, nearest: &str| warnings.push(format!("{name}, {nearest}?"));
        let config = with_variables(Config::builder(), variables, ignored).and_then(ConfigBuilder::build);
        (config, warnings)
    }

    #[test]
    fn settings_are_read_and_others_variables_are_left_alone() {
        let (config, warnings) = read(&[
            ("DURABLE_STORE_CONTACT_POINTS", "10.0.0.1, 10.0.0.2"),
            ("DURABLE_STORE_CONSISTENCY", "quorum"),
            ("DURABLE_STORE_PASSWORD", "secret"),
            ("DURABLE_STORE_USERNAME", "app"),
            ("PATH", "/bin"),
            ("MY_DURABLE_STORE_PORT", "1"),
        ]);
        let config = config.unwrap();
        assert_eq!(config.contact_points(), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!((config.consistency(), config.username()), (Consistency::Quorum, Some("app")));
        assert_eq!(warnings, [""; 0]);
    }

    #[test]
    fn the_environment_overrides_earlier_setters_but_not_later_ones() {
        let before = Config::builder().contact_points(["127.0.0.1"]).port(1).keyspace("before");
        let variables = [("DURABLE_STORE_PORT", "2"), ("DURABLE_STORE_TABLE", "between")];
        let variables = variables.map(|(name, value)| (name.into(), value.into()));
        let config = with_variables(before, variables, |_, _| {}).unwrap().table("after").build().unwrap();
        assert_eq!(config.to_string(), "cassandra://127.0.0.1:2/before?table=after");
    }

    #[test]
    fn what_is_no_setting_is_ignored_with_the_nearest_that_is() {
        let hosts = ("DURABLE_STORE_CONTACT_POINTS", "10.0.0.1");
        for (name, nearest) in [
            ("DURABLE_STORE_CALL_TIMOUT", "DURABLE_STORE_CALL_TIMEOUT"),
            ("DURABLE_STORE_port", "DURABLE_STORE_PORT"),
            ("DURABLE_STORE_SERVICE_PORT", "DURABLE_STORE_PORT"),
        ] {
            let (config, warnings) = read(&[hosts, (name, "secret")]);
            assert_eq!(config.unwrap().port(), 9042);
            assert_eq!(warnings, [format!("{name}, {nearest}?")]);
        }
    }

    #[test]
    fn the_port_that_container_platforms_set_is_ignored() {
        let (config, warnings) =
            read(&[("DURABLE_STORE_CONTACT_POINTS", "10.0.0.1"), ("DURABLE_STORE_PORT", "tcp://10.96.0.1:9042")]);
        assert_eq!((config.unwrap().port(), warnings.len()), (9042, 0));
    }

    #[test]
    fn a_refusal_names_the_setting_and_shows_no_password() {
        for (variables, setting) in [
            (&[("DURABLE_STORE_KEYSPACE", "ego")][..], "contact_points"),
            (&[("DURABLE_STORE_PORT", "x")], "port"),
            (&[("DURABLE_STORE_CONTACT_POINTS", "a"), ("DURABLE_STORE_PASSWORD", "secret")], "username"),
            (&[("DURABLE_STORE_CONTACT_POINTS", "a"), ("DURABLE_STORE_TLS_CA", "")], "tls_ca"),
        ] {
            let error = read(variables).0.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            let text = error.to_string();
            assert!(text.starts_with(&format!("{setting}: ")) && !text.contains("secret"), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_not_utf_8_is_refused() {
        use std::os::unix::ffi::OsStringExt;
        let variables = [("DURABLE_STORE_TABLE".into(), OsString::from_vec(vec![0xFF]))];
        let error = with_variables(Config::builder(), variables, |_, _| {}).unwrap_err();
        assert!(error.to_string().starts_with("table: "), "{error}");
    }
}

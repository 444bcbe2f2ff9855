//! Which Cassandra the tests run against.

mod running;

use std::{fmt, str::FromStr};

use anyhow::{Result, bail};

pub(crate) use cluster::shared::CONTACT_POINTS;
pub(crate) use running::Running;

/// What `--server` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Auto,
    Env,
    Container,
    Local,
}

impl FromStr for Wanted {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "auto" => Ok(Self::Auto),
            "env" => Ok(Self::Env),
            "container" => Ok(Self::Container),
            "local" => Ok(Self::Local),
            _ => bail!("--server is auto, env, container or local, not {name:?}"),
        }
    }
}

/// One kind of server, and for what reason it was chosen.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) kind: Kind,
    pub(crate) reason: String,
    /// Whether another kind will do when this one does not start.
    pub(crate) may_fall_back: bool,
}

/// Where a server runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It runs already, at this address.
    Env(String),
    Container,
    Local,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.kind {
            Kind::Env(address) => address,
            Kind::Container => "a container",
            Kind::Local => "a local Cassandra",
        };
        write!(f, "server: {kind} ({})", self.reason)
    }
}

/// Chooses. `container` says whether one could be run, and is asked only when it matters, since it may pull an image.
///
/// # Errors
/// When what is asked for cannot be had.
pub(crate) fn choose(
    wanted: Wanted,
    contact_points: Option<&str>,
    container: impl FnOnce() -> Result<(), String>,
) -> Result<Choice> {
    let contact_points = contact_points.map(str::trim).filter(|named| !named.is_empty());
    let choice = |kind, reason: &str| Ok(Choice { kind, reason: reason.to_owned(), may_fall_back: false });
    match (wanted, contact_points) {
        (Wanted::Local, _) => choice(Kind::Local, "--server local"),
        (Wanted::Env, Some(address)) => choice(Kind::Env(address.to_owned()), "--server env"),
        (Wanted::Env, None) => bail!("--server env needs {CONTACT_POINTS}: set it to host:port"),
        (Wanted::Container, _) => match container() {
            Ok(()) => choice(Kind::Container, "--server container"),
            Err(why) => bail!("--server container: {why}"),
        },
        (Wanted::Auto, Some(address)) => choice(Kind::Env(address.to_owned()), &format!("{CONTACT_POINTS} is set")),
        (Wanted::Auto, None) => match container() {
            Ok(()) => {
                let reason = "a Docker daemon answers".to_owned();
                Ok(Choice { kind: Kind::Container, reason, may_fall_back: true })
            }
            Err(why) => choice(Kind::Local, &why),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: Option<&str> = Some("10.0.0.1:9042");

    fn chosen(wanted: Wanted, contact_points: Option<&str>, container: Result<(), &str>) -> Result<Kind> {
        choose(wanted, contact_points, || container.map_err(str::to_owned)).map(|choice| choice.kind)
    }

    fn env() -> Kind {
        Kind::Env("10.0.0.1:9042".to_owned())
    }

    #[test]
    fn auto_prefers_a_named_server_then_container_then_local() {
        assert_eq!(chosen(Wanted::Auto, ADDRESS, Ok(())).unwrap(), env());
        assert_eq!(chosen(Wanted::Auto, ADDRESS, Err("no daemon")).unwrap(), env());
        assert_eq!(chosen(Wanted::Auto, None, Ok(())).unwrap(), Kind::Container);
        assert_eq!(chosen(Wanted::Auto, None, Err("no daemon")).unwrap(), Kind::Local);
        assert_eq!(chosen(Wanted::Auto, Some(" "), Err("no daemon")).unwrap(), Kind::Local);
    }

    #[test]
    fn what_is_asked_for_is_taken_whatever_else_there_is() {
        assert_eq!(chosen(Wanted::Local, ADDRESS, Ok(())).unwrap(), Kind::Local);
        assert_eq!(chosen(Wanted::Container, ADDRESS, Ok(())).unwrap(), Kind::Container);
        assert_eq!(chosen(Wanted::Env, ADDRESS, Ok(())).unwrap(), env());
    }

    #[test]
    fn what_is_asked_for_and_not_there_is_an_error_that_says_why() {
        let error = chosen(Wanted::Env, None, Ok(())).unwrap_err().to_string();
        assert!(error.contains(CONTACT_POINTS), "{error}");
        let error = chosen(Wanted::Container, None, Err("no daemon")).unwrap_err().to_string();
        assert!(error.contains("no daemon"), "{error}");
    }

    #[test]
    fn only_a_container_that_nobody_asked_for_may_be_replaced() {
        assert!(choose(Wanted::Auto, None, || Ok(())).unwrap().may_fall_back);
        assert!(!choose(Wanted::Container, None, || Ok(())).unwrap().may_fall_back);
    }

    #[test]
    fn docker_is_not_asked_when_it_does_not_matter() {
        let never = || panic!("asked");
        choose(Wanted::Local, None, never).unwrap();
        choose(Wanted::Auto, ADDRESS, never).unwrap();
    }
}

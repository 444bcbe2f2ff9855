//! How the shard of an id is known.

use std::{fmt, str::FromStr, sync::Arc};

use crate::{DurableState, Error, Result, StateKey};

/// How the shard of an id is known, on a table keyed by shard. On a table keyed by id it has no effect.
///
/// Defaults to [`FromState`](Sharding::FromState), which eGo needs: it looks the shard up for each write, and the shard can
/// change from one write to the next. If the shard follows from the id, use one of the others: a read then reads one
/// partition and needs no index.
///
/// ```
/// use durable_store::Sharding;
///
/// assert_eq!("fixed:7".parse::<Sharding>()?, Sharding::Fixed(7));
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Sharding {
    /// Each state carries its own shard. A read by id goes through an index on `persistence_id` and returns the newest
    /// row: within a shard the last write wins, across shards the highest version number does.
    #[default]
    FromState,
    /// Every entity is in this shard. A state or key with another shard is refused
    /// ([`ErrorKind::InvalidState`](crate::ErrorKind::InvalidState)).
    Fixed(u64),
    /// The shard is computed from the persistence id; see [`Sharding::by`]. A state or key with another shard is
    /// refused ([`ErrorKind::InvalidState`](crate::ErrorKind::InvalidState)).
    By(Arc<dyn Fn(&str) -> u64 + Send + Sync>),
}

impl Sharding {
    /// The shard is computed from the persistence id by `shard_of`, which must always give the same shard for an id.
    ///
    /// ```
    /// use durable_store::Sharding;
    ///
    /// let sharding = Sharding::by(|persistence_id| persistence_id.len() as u64 % 16);
    /// ```
    pub fn by(shard_of: impl Fn(&str) -> u64 + Send + Sync + 'static) -> Self {
        Self::By(Arc::new(shard_of))
    }

    /// The shard that `key` is in, if it can be known; refuses a key that carries another.
    pub(crate) fn shard_of_key(&self, key: &StateKey<'_>) -> Result<Option<u64>> {
        match (self.computed(key.persistence_id()), key.shard()) {
            (Some(computed), Some(carried)) if computed != carried => Err(contradiction(computed, carried)),
            (computed, carried) => Ok(computed.or(carried)),
        }
    }

    /// Refuses a state that carries another shard than the one its id is in.
    pub(crate) fn check_state(&self, state: &DurableState) -> Result<()> {
        self.shard_of_key(&StateKey::from(state)).map(drop)
    }

    /// Whether reads by id have to look into every shard.
    pub(crate) fn needs_index(&self) -> bool {
        matches!(self, Self::FromState)
    }

    /// The shard that follows from the persistence id, if one does.
    pub(crate) fn computed(&self, persistence_id: &str) -> Option<u64> {
        match self {
            Self::FromState => None,
            Self::Fixed(shard) => Some(*shard),
            Self::By(shard_of) => Some(shard_of(persistence_id)),
        }
    }
}

fn contradiction(computed: u64, carried: u64) -> Error {
    Error::field("shard", format!("{carried} was given, but `sharding` puts this id into shard {computed}"))
}

impl FromStr for Sharding {
    type Err = Error;

    /// Reads `from_state` or `fixed:` and a number, in upper or lower case. A function has no text form.
    fn from_str(text: &str) -> Result<Self> {
        let wanted = text.trim().to_ascii_lowercase();
        if wanted == "from_state" {
            return Ok(Self::FromState);
        }
        let shard = wanted.strip_prefix("fixed:").and_then(|shard| shard.parse().ok());
        shard.map(Self::Fixed).ok_or_else(|| {
            let reason = format!("{text:?} is neither from_state nor fixed: followed by a shard, such as fixed:0");
            Error::setting("sharding", reason)
        })
    }
}

/// Two functions are equal if they are the same one: a clone.
impl PartialEq for Sharding {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::FromState, Self::FromState) => true,
            (Self::Fixed(one), Self::Fixed(other)) => one == other,
            (Self::By(one), Self::By(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl fmt::Debug for Sharding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FromState => f.write_str("FromState"),
            Self::Fixed(shard) => write!(f, "Fixed({shard})"),
            Self::By(_) => f.write_str("By(..)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn the_shard_comes_from_the_key_the_constant_or_the_function() {
        let by_length = Sharding::by(|id| id.len() as u64);
        for (sharding, key, shard) in [
            (&Sharding::FromState, StateKey::from("abc"), None),
            (&Sharding::FromState, StateKey::from((9, "abc")), Some(9)),
            (&Sharding::Fixed(7), StateKey::from("abc"), Some(7)),
            (&Sharding::Fixed(7), StateKey::from((7, "abc")), Some(7)),
            (&by_length, StateKey::from("abc"), Some(3)),
        ] {
            assert_eq!(sharding.shard_of_key(&key).unwrap(), shard, "{sharding:?} {key:?}");
        }
    }

    #[test]
    fn text_says_all_but_a_function() {
        for (text, sharding) in [
            ("from_state", Sharding::FromState),
            (" Fixed:7 ", Sharding::Fixed(7)),
            ("fixed:18446744073709551615", Sharding::Fixed(u64::MAX)),
        ] {
            assert_eq!(text.parse::<Sharding>().unwrap(), sharding);
        }
        for text in ["", "fixed", "fixed:", "fixed:-1", "fixed:x", "by", "fixed:18446744073709551616"] {
            let error = text.parse::<Sharding>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().starts_with("sharding: "), "{error}");
        }
    }

    #[test]
    fn a_contradicting_shard_is_refused() {
        let error = Sharding::Fixed(7).shard_of_key(&StateKey::from((8, "abc"))).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidState);
        assert!(error.to_string().starts_with("shard: 8"), "{error}");
    }
}

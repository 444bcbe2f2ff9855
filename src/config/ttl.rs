//! How long a state is kept.

use std::{convert::Infallible, fmt, str::FromStr, time::Duration};

use super::settings::{duration, duration_text};
use crate::{Error, Result};

/// The longest TTL that Cassandra accepts, in seconds: 20 years of 365 days.
const LONGEST: i32 = 20 * 365 * 24 * 60 * 60;

/// How long a state is kept after it was written: Cassandra's TTL, from 1 second to 20 years, in whole seconds.
///
/// See [`with_ttl`](crate::DurableStore::with_ttl). Fractions of a second are rounded up, so that no state expires early.
/// In text it is a number with its unit, such as `90s`, `15m` or `7days`.
///
/// ```
/// use std::time::Duration;
/// use durable_store::Ttl;
///
/// let ttl = Ttl::try_from(Duration::from_secs(24 * 60 * 60))?;
/// assert_eq!(ttl, "1day".parse()?);
/// assert_eq!(ttl.to_string(), "1day");
/// assert_eq!(ttl.as_secs(), 86_400);
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl {
    seconds: i32,
}

impl Ttl {
    /// The time in seconds.
    ///
    /// ```
    /// use durable_store::Ttl;
    ///
    /// assert_eq!("2m".parse::<Ttl>()?.as_secs(), 120);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn as_secs(self) -> u64 {
        u64::from(self.seconds.unsigned_abs())
    }

    /// The value bound to `USING TTL ?`, in seconds.
    pub(crate) fn cql_int(self) -> i32 {
        self.seconds
    }
}

impl TryFrom<Duration> for Ttl {
    type Error = Error;

    fn try_from(duration: Duration) -> Result<Self> {
        let seconds = duration.as_secs().saturating_add(u64::from(duration.subsec_nanos() > 0));
        match i32::try_from(seconds) {
            Ok(seconds @ 1..=LONGEST) if duration >= Duration::from_secs(1) => Ok(Self { seconds }),
            _ => Err(Error::setting("ttl", format!("{duration:?} is not between 1 second and 20 years"))),
        }
    }
}

impl From<Ttl> for Duration {
    fn from(ttl: Ttl) -> Self {
        Self::from_secs(ttl.as_secs())
    }
}

impl FromStr for Ttl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        duration("ttl", text)?.try_into()
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&duration_text((*self).into()))
    }
}

/// Lets `with_ttl` take a [`Ttl`] as well as what may not be one.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    const LONGEST_DURATION: Duration = Duration::from_secs(LONGEST as u64);

    #[test]
    fn a_ttl_is_in_whole_seconds_rounded_up() {
        for (millis, seconds) in [(1_000, 1), (1_001, 2), (1_999, 2), (60_000, 60)] {
            assert_eq!(Ttl::try_from(Duration::from_millis(millis)).unwrap().as_secs(), seconds);
        }
        assert_eq!(Duration::from(Ttl::try_from(LONGEST_DURATION).unwrap()), LONGEST_DURATION);
    }

    #[test]
    fn a_ttl_out_of_bounds_is_refused() {
        let too_long = LONGEST_DURATION + Duration::from_nanos(1);
        for duration in [Duration::ZERO, Duration::from_millis(999), too_long, Duration::MAX] {
            let error = Ttl::try_from(duration).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert_eq!(error.to_string(), format!("ttl: {duration:?} is not between 1 second and 20 years"));
        }
    }

    #[test]
    fn the_text_of_a_ttl_is_parsed_back() {
        for (text, seconds, shown) in [("90s", 90, "1m30s"), (" 1h 30m ", 5_400, "1h30m"), ("7days", 604_800, "7days")]
        {
            let ttl: Ttl = text.parse().unwrap();
            assert_eq!((ttl.as_secs(), ttl.to_string()), (seconds, shown.to_owned()));
            assert_eq!(ttl.to_string().parse::<Ttl>().unwrap(), ttl);
        }
        for (text, part) in [("90", "is not a duration with its unit"), ("", "ttl: "), ("10ms", "is not between")] {
            let error = text.parse::<Ttl>().unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}

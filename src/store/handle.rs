//! Handles with one thing changed.

use std::time::Duration;

use super::DurableStore;
use crate::{
    Config, Consistency, Error, Result,
    call::{Call, retry::Limits},
};

/// The longest TTL that Cassandra takes: 20 years, in seconds.
const LONGEST_TTL: u64 = 20 * 365 * 24 * 60 * 60;

/// What a handle has changed of the settings.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    consistency: Option<Consistency>,
    call_timeout: Option<Duration>,
    /// In seconds.
    ttl: Option<i32>,
    /// In rows.
    page_size: Option<u32>,
    /// Why one of these was refused, which each call then says.
    refused: Option<Error>,
}

impl Changes {
    pub(super) fn check(&self) -> Result<()> {
        self.refused.clone().map_or(Ok(()), Err)
    }
}

impl DurableStore {
    /// A handle whose calls use another consistency; all else, the session too, is shared.
    ///
    /// ```
    /// # use durable_store::{Config, Consistency, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let everywhere = store.with_consistency(Consistency::EachQuorum);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    #[must_use]
    pub fn with_consistency(&self, consistency: Consistency) -> Self {
        let mut handle = self.clone();
        handle.changes.consistency = Some(consistency);
        handle
    }

    /// A handle whose calls may take another time altogether, in the bounds of
    /// [`call_timeout`](crate::ConfigBuilder::call_timeout); all else, the session too, is shared. A time out of bounds
    /// makes each call on the handle [`Config`](crate::ErrorKind::Config).
    #[must_use]
    pub fn with_call_timeout(&self, timeout: Duration) -> Self {
        let mut handle = self.clone();
        handle.changes.call_timeout = Some(timeout);
        handle.refuse(Config::check_timeout("call_timeout", timeout));
        handle
    }

    /// A handle whose writes are forgotten after this time, in whole seconds, fractions rounded up; all else, the session
    /// too, is shared. Less than a second, or more than 20 years, makes each call on the handle
    /// [`Config`](crate::ErrorKind::Config).
    ///
    /// A write without a TTL, through another handle, is kept for as long as the table's own default says, and takes the
    /// TTL of an earlier write away.
    ///
    /// ```
    /// # use durable_store::{Config, DurableStore};
    /// # use std::time::Duration;
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let for_a_day = store.with_ttl(Duration::from_secs(24 * 60 * 60));
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    #[must_use]
    pub fn with_ttl(&self, ttl: Duration) -> Self {
        let mut handle = self.clone();
        let seconds = ttl.as_secs().saturating_add(u64::from(ttl.subsec_nanos() > 0));
        let in_bounds = ttl >= Duration::from_secs(1) && seconds <= LONGEST_TTL;
        handle.changes.ttl = i32::try_from(seconds).ok();
        handle.refuse(if in_bounds {
            Ok(())
        } else {
            Err(Error::setting("ttl", format!("{ttl:?} is not between 1 second and 20 years")))
        });
        handle
    }

    /// A handle that reads this many rows at once where an answer can have many.
    pub(super) fn with_page_size(&self, rows: u32) -> Self {
        let mut handle = self.clone();
        handle.changes.page_size = Some(rows);
        handle
    }

    fn refuse(&mut self, checked: Result<()>) {
        if let Err(error) = checked {
            self.changes.refused.get_or_insert(error);
        }
    }

    pub(super) fn consistency(&self) -> Consistency {
        self.changes.consistency.unwrap_or(self.config().consistency())
    }

    pub(super) fn call_timeout(&self) -> Duration {
        self.changes.call_timeout.unwrap_or(self.config().call_timeout())
    }

    /// In rows.
    pub(super) fn page_size(&self) -> u32 {
        self.changes.page_size.unwrap_or(self.config().page_size())
    }

    /// In seconds.
    pub(super) fn ttl(&self) -> Option<i32> {
        self.changes.ttl
    }

    /// The limits of a call.
    pub(super) fn limits(&self, call: &Call<'_>) -> Limits {
        Limits {
            deadline: call.started() + self.call_timeout(),
            request_timeout: self.config().request_timeout(),
            max_attempts: self.config().max_attempts(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn store() -> DurableStore {
        DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build().unwrap())
    }

    #[test]
    fn a_handle_changes_one_thing_and_leaves_the_store_alone() {
        let store = store();
        let handle = store.with_consistency(Consistency::One).with_call_timeout(Duration::from_secs(3));
        assert_eq!((handle.consistency(), handle.call_timeout()), (Consistency::One, Duration::from_secs(3)));
        assert_eq!((store.consistency(), store.call_timeout()), (Consistency::LocalQuorum, Duration::from_secs(10)));
    }

    #[test]
    fn a_ttl_is_in_whole_seconds_rounded_up() {
        for (ttl, seconds) in [(1_000, 1), (1_001, 2), (1_999, 2), (60_000, 60)] {
            assert_eq!(store().with_ttl(Duration::from_millis(ttl)).ttl(), Some(seconds));
        }
    }

    #[test]
    fn a_refused_value_makes_each_call_an_error_that_names_it() {
        let too_long = Duration::from_secs(LONGEST_TTL) + Duration::from_nanos(1);
        store().with_ttl(Duration::from_secs(LONGEST_TTL)).changes.check().unwrap();
        for (handle, name) in [
            (store().with_ttl(Duration::ZERO), "ttl: "),
            (store().with_ttl(Duration::from_millis(999)), "ttl: "),
            (store().with_ttl(too_long), "ttl: "),
            (store().with_ttl(Duration::MAX), "ttl: "),
            (store().with_call_timeout(Duration::ZERO), "call_timeout: "),
            (store().with_call_timeout(Duration::ZERO).with_ttl(Duration::from_secs(1)), "call_timeout: "),
        ] {
            for error in [handle.ping().unwrap_err(), handle.get_latest_state("a").unwrap_err()] {
                assert_eq!(error.kind(), ErrorKind::Config);
                assert!(error.to_string().contains(name), "{error}");
            }
        }
    }
}

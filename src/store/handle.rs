//! Handles on the same session with one setting changed.

use std::{sync::Arc, time::Duration};

use super::DurableStore;
use crate::{
    Config, Consistency, Error, Result, Ttl,
    call::{Call, retry::Limits},
};

impl DurableStore {
    /// Returns a handle whose calls use another consistency. Everything else, the session too, is shared.
    ///
    /// ```
    /// # use durable_store::{Config, Consistency, DurableStore};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let everywhere = store.with_consistency(Consistency::EachQuorum);
    /// assert_eq!(everywhere.config().consistency(), Consistency::EachQuorum);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    #[must_use]
    pub fn with_consistency(&self, consistency: Consistency) -> Self {
        self.with_settings(|config| {
            config.set_consistency(consistency);
            Ok(())
        })
    }

    /// Returns a handle with a different [`call_timeout`](crate::ConfigBuilder::call_timeout). Everything else, the
    /// session too, is shared. If the timeout is out of bounds, every call on the handle fails with
    /// [`ErrorKind::Config`](crate::ErrorKind::Config).
    ///
    /// ```
    /// # use durable_store::{Config, DurableStore};
    /// # use std::time::Duration;
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let impatient = store.with_call_timeout(Duration::from_secs(1));
    /// assert_eq!(impatient.config().call_timeout(), Duration::from_secs(1));
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    #[must_use]
    pub fn with_call_timeout(&self, timeout: Duration) -> Self {
        self.with_settings(|config| config.set_call_timeout(timeout))
    }

    /// Returns a handle on another table of the same keyspace. Everything else is shared: the session, the pool, the
    /// threads and sockets, the other settings. If the name is refused (see
    /// [`table`](crate::ConfigBuilder::table)), every call on the handle fails with
    /// [`ErrorKind::Config`](crate::ErrorKind::Config).
    ///
    /// The table is looked at when the handle is first used: a table that is missing, or was dropped, fails the calls on
    /// its own handles and no others. Metrics of the calls have its name as the label `table`. What is kept of each table,
    /// about 20 KiB, is kept until the store is dropped.
    ///
    /// ```no_run
    /// # use durable_store::{Config, DurableState, DurableStore, prost_types::Timestamp};
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// store.connect()?;
    /// let orders = store.with_table("orders");
    /// orders.write_state(&DurableState::new("order-7", 1, &Timestamp::default()))?;
    /// assert_eq!(orders.config().table(), "orders");
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    #[must_use]
    pub fn with_table(&self, table: impl AsRef<str>) -> Self {
        let mut handle = self.with_settings(|config| config.set_table(table.as_ref()));
        handle.table = self.lifecycle.table(handle.config.table());
        handle
    }

    /// Returns a handle whose writes expire after `ttl`: a [`Duration`] from 1 second to 20 years, of which fractions of a
    /// second are rounded up, or a [`Ttl`]. Everything else, the session too, is shared. If the time is out of bounds,
    /// every call on the handle fails with [`ErrorKind::Config`](crate::ErrorKind::Config).
    ///
    /// A write without a TTL, through another handle, has the default TTL of the table, if it has one, and removes the TTL
    /// of an earlier write.
    ///
    /// ```
    /// # use durable_store::{Config, DurableStore, Ttl};
    /// # use std::time::Duration;
    /// # let store = DurableStore::new(Config::builder().contact_points(["127.0.0.1"]).build()?);
    /// let for_a_day = store.with_ttl(Duration::from_secs(24 * 60 * 60));
    /// let for_a_week = store.with_ttl("7days".parse::<Ttl>()?);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    #[must_use]
    pub fn with_ttl(&self, ttl: impl TryInto<Ttl, Error: Into<Error>>) -> Self {
        let mut handle = self.clone();
        match ttl.try_into() {
            Ok(ttl) => handle.ttl = Some(ttl),
            Err(error) => handle.refuse(error.into()),
        }
        handle
    }

    /// Returns a handle that reads this many rows per page.
    pub(super) fn with_page_size(&self, rows: u32) -> Self {
        self.with_settings(|config| config.set_page_size(rows))
    }

    fn with_settings(&self, change: impl FnOnce(&mut Config) -> Result<()>) -> Self {
        let mut handle = self.clone();
        if let Err(error) = change(Arc::make_mut(&mut handle.config)) {
            handle.refuse(error);
        }
        handle
    }

    /// Keeps why a value was refused. The first reason is the one that calls report.
    fn refuse(&mut self, reason: Error) {
        self.refused.get_or_insert(reason);
    }

    /// Fails if a value of this handle was refused.
    pub(crate) fn check_accepted(&self) -> Result<()> {
        self.refused.clone().map_or(Ok(()), Err)
    }

    /// The limits of a call.
    pub(super) fn limits(&self, call: &Call<'_>) -> Limits {
        Limits {
            deadline: call.started() + self.config.call_timeout(),
            request_timeout: self.config.request_timeout(),
            max_attempts: self.config.max_attempts(),
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
    fn a_handle_shows_its_own_settings_and_leaves_the_store_alone() {
        let store = store();
        let timeout = Duration::from_secs(3);
        let handle = store.with_consistency(Consistency::One).with_call_timeout(timeout).with_table("Orders");
        let shown = |store: &DurableStore| {
            let config = store.config();
            (config.consistency(), config.call_timeout(), config.table().to_owned())
        };
        assert_eq!(shown(&handle), (Consistency::One, timeout, "orders".to_owned()));
        let defaults = (Consistency::LocalQuorum, Duration::from_secs(10), "states_store".to_owned());
        assert_eq!(shown(&store), defaults);
        assert_eq!(shown(&handle.with_table("states_store")).2, "states_store");
    }

    #[test]
    fn handles_on_one_table_share_what_is_known_of_it() {
        let store = store();
        let number = |store: &DurableStore| store.table.number;
        assert_eq!(number(&store.with_table("orders")), number(&store.with_table("ORDERS")));
        assert_ne!(number(&store.with_table("orders")), number(&store));
        assert_eq!(number(&store.with_table("orders").with_table("states_store")), number(&store));
    }

    #[test]
    fn a_refused_value_makes_each_call_an_error_that_names_it() {
        let second = Duration::from_secs(1);
        store().with_ttl(second).check_accepted().unwrap();
        store().with_ttl(Ttl::try_from(second).unwrap()).check_accepted().unwrap();
        for (handle, name) in [
            (store().with_ttl(Duration::ZERO), "ttl: "),
            (store().with_call_timeout(Duration::ZERO), "call_timeout: "),
            (store().with_call_timeout(Duration::ZERO).with_ttl(second), "call_timeout: "),
            (store().with_table("no table"), "table: "),
            (store().with_table("").with_table("orders"), "table: "),
        ] {
            for error in [handle.ping().unwrap_err(), handle.get_latest_state("a").unwrap_err()] {
                assert_eq!(error.kind(), ErrorKind::Config);
                assert!(error.to_string().contains(name), "{error}");
            }
        }
    }
}

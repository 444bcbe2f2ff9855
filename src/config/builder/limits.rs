//! The setters of times and sizes.

use std::time::Duration;

use super::ConfigBuilder;

impl ConfigBuilder {
    /// Sets the longest time, from 1 millisecond to 24 hours, for each step of connecting: resolving a name, a node
    /// accepting a connection, and reading what the table looks like. Defaults to 5 seconds.
    ///
    /// ```
    /// # use durable_store::Config;
    /// # use std::time::Duration;
    /// let second = Duration::from_secs(1);
    /// let config = Config::builder().contact_points(["10.0.0.1"]).connect_timeout(second).build()?;
    /// assert_eq!(config.connect_timeout(), second);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.config.connect_timeout = timeout;
        self
    }

    /// Sets the longest time for one request to be answered, from 1 millisecond to 24 hours. A call tries again, if that
    /// is safe, until [`call_timeout`](Self::call_timeout). Defaults to 6 seconds.
    ///
    /// ```
    /// # use durable_store::Config;
    /// # use std::time::Duration;
    /// let second = Duration::from_secs(1);
    /// let config = Config::builder().contact_points(["10.0.0.1"]).request_timeout(second).build()?;
    /// assert_eq!(config.request_timeout(), second);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.config.request_timeout = timeout;
        self
    }

    /// Sets the longest time for a call, from 1 millisecond to 24 hours, including the wait for a lease and all attempts.
    /// Defaults to 10 seconds.
    ///
    /// ```
    /// # use durable_store::Config;
    /// # use std::time::Duration;
    /// let second = Duration::from_secs(1);
    /// let config = Config::builder().contact_points(["10.0.0.1"]).call_timeout(second).build()?;
    /// assert_eq!(config.call_timeout(), second);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.config.call_timeout = timeout;
        self
    }

    /// Sets how many attempts a call makes at most, from 1 to 100, if another attempt is safe. Defaults to 3.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let config = Config::builder().contact_points(["10.0.0.1"]).max_attempts(1).build()?;
    /// assert_eq!(config.max_attempts(), 1);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.config.max_attempts = attempts;
        self
    }

    /// Sets how many calls may be in flight at once, from 1 to 32,768; further calls wait for a lease. Leases are not
    /// sockets: all of them share one session. Defaults to 64.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let config = Config::builder().contact_points(["10.0.0.1"]).pool_size(8).build()?;
    /// assert_eq!(config.pool_size(), 8);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn pool_size(mut self, leases: u32) -> Self {
        self.config.pool_size = leases;
        self
    }

    /// Sets how many threads the driver uses for the network, from 1 to 64. Defaults to 1, which is enough for tens of
    /// thousands of calls per second.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let config = Config::builder().contact_points(["10.0.0.1"]).io_threads(2).build()?;
    /// assert_eq!(config.io_threads(), 2);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn io_threads(mut self, threads: u32) -> Self {
        self.config.io_threads = threads;
        self
    }

    /// Sets how many sockets the driver opens to each node per thread of [`io_threads`](Self::io_threads), from 1 to 64.
    /// Defaults to 2, so that the node stays in use when one socket breaks.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let config = Config::builder().contact_points(["10.0.0.1"]).core_connections_per_host(1).build()?;
    /// assert_eq!(config.core_connections_per_host(), 1);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn core_connections_per_host(mut self, connections: u32) -> Self {
        self.config.core_connections_per_host = connections;
        self
    }

    /// Sets how many requests a bulk call keeps in flight at once, from 1 to 10,000. They share one lease. Defaults to
    /// 256.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let config = Config::builder().contact_points(["10.0.0.1"]).max_in_flight(32).build()?;
    /// assert_eq!(config.max_in_flight(), 32);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn max_in_flight(mut self, requests: u32) -> Self {
        self.config.max_in_flight = requests;
        self
    }

    /// Sets how many rows are asked for at once if an answer can have many, from 1 to 100,000: in scans, and in reads by
    /// id through the index. Defaults to 500.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let config = Config::builder().contact_points(["10.0.0.1"]).page_size(100).build()?;
    /// assert_eq!(config.page_size(), 100);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn page_size(mut self, rows: u32) -> Self {
        self.config.page_size = rows;
        self
    }

    /// Sets the largest payload that is written, in bytes as encoded, from 1 byte to 15 MiB; a larger payload is refused
    /// before anything is sent. Defaults to 8 MiB, half of what Cassandra accepts by default.
    ///
    /// ```
    /// # use durable_store::Config;
    /// let config = Config::builder().contact_points(["10.0.0.1"]).max_payload_bytes(64 * 1024).build()?;
    /// assert_eq!(config.max_payload_bytes(), 65_536);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn max_payload_bytes(mut self, bytes: usize) -> Self {
        self.config.max_payload_bytes = bytes;
        self
    }

    /// Sets how far the clocks of the machines that write the table may differ, from 1 millisecond to 24 hours, in
    /// [`WriteMode::LastWriteWins`](crate::WriteMode::LastWriteWins). A process that reads a state whose timestamp is at
    /// most this far ahead of its own clock gives its later writes and deletes timestamps above it: they replace what it
    /// has read. A state that is further ahead is returned too, with a warning and a count in
    /// `durable_store_future_rows_total`, but writes of its entity have no effect until the clock has passed its timestamp.
    /// Defaults to 10 seconds.
    ///
    /// In the modes `Versioned` and `Owned` the server gives the timestamps; there a row that is further ahead is counted
    /// too, since it hides transactions.
    ///
    /// A larger value tolerates worse clocks. But one wrong timestamp within it moves the timestamps of all later writes of
    /// every process that reads it.
    ///
    /// ```
    /// # use durable_store::Config;
    /// # use std::time::Duration;
    /// let minute = Duration::from_secs(60);
    /// let config = Config::builder().contact_points(["10.0.0.1"]).max_clock_drift(minute).build()?;
    /// assert_eq!(config.max_clock_drift(), minute);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn max_clock_drift(mut self, drift: Duration) -> Self {
        self.config.max_clock_drift = drift;
        self
    }

    /// Sets how long a call may take, from 1 millisecond to 24 hours, before a warning is logged with its operation,
    /// persistence id, time and outcome. Does not apply to `connect`, `disconnect` and `create_schema`, which have no
    /// expected duration. Defaults to 500 milliseconds.
    ///
    /// ```
    /// # use durable_store::Config;
    /// # use std::time::Duration;
    /// let second = Duration::from_secs(1);
    /// let config = Config::builder().contact_points(["10.0.0.1"]).slow_call(second).build()?;
    /// assert_eq!(config.slow_call(), second);
    /// # Ok::<(), durable_store::Error>(())
    /// ```
    pub fn slow_call(mut self, threshold: Duration) -> Self {
        self.config.slow_call = threshold;
        self
    }
}

//! Configures the driver before it connects.

use std::time::Duration;

use cassandra_cpp::{Cluster, RetryPolicy};

use super::{error::from_connect, tls};
use crate::{
    Config, Result,
    telemetry::{self, shielded},
};

/// A connection without an answer is noticed after the idle timeout; the driver's own defaults are 30 and 60 seconds.
const HEARTBEAT: Duration = Duration::from_secs(1);
const IDLE_TIMEOUT: Duration = Duration::from_secs(3);

/// The driver's own defaults back off to 10 minutes, in which a node that has returned stays unused.
const RECONNECT_FIRST: Duration = Duration::from_millis(100);
const RECONNECT_MOST: Duration = Duration::from_secs(1);

/// The settings of the driver.
pub(super) fn cluster(config: &Config) -> Result<Cluster> {
    let mut cluster = settings(config).map_err(|error| from_connect(error, config))?;
    match config.tls() {
        Some(tls) => {
            cluster.set_ssl(tls::ssl(tls)?);
        }
        None if config.username().is_some() => {
            shielded(|| telemetry::password_in_the_clear(config.table_name()));
        }
        None => {}
    }
    Ok(cluster)
}

fn settings(config: &Config) -> cassandra_cpp::Result<Cluster> {
    let mut cluster = Cluster::default();
    cluster.set_contact_points(&config.contact_points().join(","))?;
    cluster.set_port(config.port())?;
    if let Some(credentials) = config.credentials() {
        cluster.set_credentials(&credentials.username, &credentials.password)?;
    }
    if let Some(datacenter) = config.local_datacenter() {
        cluster.set_load_balance_dc_aware::<()>(datacenter, 0, false)?;
    }
    cluster.set_num_threads_io(config.io_threads())?;
    cluster.set_core_connections_per_host(config.core_connections_per_host())?;
    cluster.set_connect_timeout(config.connect_timeout());
    cluster.set_resolve_timeout(config.connect_timeout());
    cluster.set_request_timeout(config.request_timeout());
    cluster.set_connection_heartbeat_interval(HEARTBEAT);
    cluster.set_connection_idle_timeout(IDLE_TIMEOUT);
    cluster.set_exponential_reconnect(RECONNECT_FIRST, RECONNECT_MOST);
    // This crate makes the retries: the driver's own policy hides the error of the first attempt.
    cluster.set_retry_policy(RetryPolicy::fallthrough_new());
    Ok(cluster)
}

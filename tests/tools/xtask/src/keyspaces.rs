//! The keyspaces of a server, to see whether a run of the tests left one behind.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, Result};
use cluster::cql::{Client, first_address};

const TIMEOUT: Duration = Duration::from_secs(10);

/// The names of all keyspaces but Cassandra's own.
///
/// # Errors
/// When the server does not answer, or asks for a password.
pub(crate) fn list(contact_points: &str) -> Result<BTreeSet<String>> {
    let address = first_address(contact_points).with_context(|| format!("{contact_points:?} is not host:port"))?;
    let listed = Client::connect(address, TIMEOUT)
        .and_then(|mut client| client.query("SELECT keyspace_name FROM system_schema.keyspaces"))
        .with_context(|| format!("cannot list the keyspaces of the Cassandra at {address}"))?;
    let names = (0..listed.rows.len()).filter_map(|row| listed.text(row, 0));
    Ok(names.filter(|name| !is_system(name)).collect())
}

fn is_system(keyspace: &str) -> bool {
    keyspace == "system" || keyspace.starts_with("system_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cassandra_s_own_keyspaces_do_not_count() {
        assert!(is_system("system") && is_system("system_schema"));
        assert!(!is_system("ego") && !is_system("systematic"));
    }
}

//! The files that a node reads: `cassandra.yaml` and the log settings. Text only, no I/O.

use std::{collections::BTreeMap, net::Ipv4Addr, path::Path};

use crate::ports::Ports;

/// What one node's `cassandra.yaml` depends on.
#[derive(Debug)]
pub(crate) struct NodeConfig<'a> {
    pub(crate) cluster_name: &'a str,
    /// Counts from 0.
    pub(crate) index: usize,
    pub(crate) addresses: &'a [Ipv4Addr],
    /// What the node tells to clients as its address, if another one.
    pub(crate) advertised: Option<Ipv4Addr>,
    pub(crate) ports: Ports,
    /// Top-level settings that add to or replace the others, values as YAML text; an empty one takes a setting away.
    pub(crate) settings: &'a BTreeMap<String, String>,
}

/// The text of `cassandra.yaml`. What it does not name has Cassandra's own default.
pub(crate) fn cassandra_yaml(config: &NodeConfig<'_>) -> String {
    let address = config.addresses.get(config.index).map(Ipv4Addr::to_string).unwrap_or_default();
    let seed = config.addresses.first().map(Ipv4Addr::to_string).unwrap_or_default();
    let Ports { native, storage } = config.ports;
    let mut settings = BTreeMap::from([
        // Dropping a keyspace would otherwise leave a copy of its files.
        ("auto_snapshot", "false".to_owned()),
        ("cluster_name", format!("'{}'", config.cluster_name)),
        ("commitlog_sync", "periodic".to_owned()),
        ("commitlog_sync_period", "10000ms".to_owned()),
        ("endpoint_snitch", "SimpleSnitch".to_owned()),
        ("initial_token", token(config.index, config.addresses.len())),
        ("listen_address", address.clone()),
        ("native_transport_port", native.to_string()),
        ("num_tokens", "1".to_owned()),
        ("partitioner", "org.apache.cassandra.dht.Murmur3Partitioner".to_owned()),
        ("rpc_address", address),
        (
            "seed_provider",
            format!(
                "\n  - class_name: org.apache.cassandra.locator.SimpleSeedProvider\n    \
                 parameters:\n      - seeds: '{seed}:{storage}'"
            ),
        ),
        ("storage_port", storage.to_string()),
    ]);
    if let Some(advertised) = config.advertised {
        settings.insert("broadcast_rpc_address", advertised.to_string());
    }
    settings.extend(config.settings.iter().map(|(key, value)| (key.as_str(), value.clone())));
    settings.retain(|_, value| !value.is_empty());
    settings.iter().map(|(key, value)| format!("{key}: {value}\n")).collect()
}

/// One token a node, evenly spaced: each node owns the same share of the data, known before it starts.
fn token(index: usize, nodes: usize) -> String {
    let share = (1_i128 << 64) / nodes.max(1) as i128;
    (i128::from(i64::MIN) + share / 2 + share * index as i128).to_string()
}

/// The log settings: INFO into one file. Left to itself Cassandra logs DEBUG to its output and starts half as fast.
pub(crate) fn logback_xml(log: &Path) -> String {
    let file = log.display().to_string().replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<configuration>
  <appender name=\"FILE\" class=\"ch.qos.logback.core.FileAppender\">
    <file>{file}</file>
    <encoder><pattern>%-5level [%thread] %date{{ISO8601}} %F:%L - %msg%n</pattern></encoder>
  </appender>
  <root level=\"INFO\"><appender-ref ref=\"FILE\"/></root>
</configuration>
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::addresses;

    fn yaml(index: usize, settings: &[(&str, &str)]) -> String {
        let settings = settings.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        cassandra_yaml(&NodeConfig {
            cluster_name: "c1",
            index,
            addresses: &addresses(3),
            advertised: None,
            ports: Ports { native: 9042, storage: 7000 },
            settings: &settings,
        })
    }

    #[test]
    fn every_node_has_its_own_address_and_the_first_as_seed() {
        let second = yaml(1, &[]);
        assert!(second.contains("listen_address: 127.0.0.2\n"));
        assert!(second.contains("rpc_address: 127.0.0.2\n"));
        assert!(second.contains("    parameters:\n      - seeds: '127.0.0.1:7000'\n"));
        assert!(second.contains("native_transport_port: 9042\n"));
    }

    #[test]
    fn a_node_tells_clients_another_address_where_it_is_to() {
        assert!(!yaml(1, &[]).contains("broadcast_rpc_address"));
        let config = NodeConfig {
            cluster_name: "c1",
            index: 1,
            addresses: &addresses(3),
            advertised: Some(Ipv4Addr::new(127, 0, 0, 102)),
            ports: Ports { native: 9042, storage: 7000 },
            settings: &BTreeMap::new(),
        };
        let text = cassandra_yaml(&config);
        assert!(text.contains("rpc_address: 127.0.0.2\n") && text.contains("broadcast_rpc_address: 127.0.0.102\n"));
    }

    #[test]
    fn settings_add_replace_and_take_away() {
        let text = yaml(
            0,
            &[
                ("authenticator", "PasswordAuthenticator"),
                ("cluster_name", "other"),
                ("num_tokens", ""),
                ("client_encryption_options", "\n  enabled: true\n  keystore: /k"),
            ],
        );
        assert!(text.contains("authenticator: PasswordAuthenticator\n"));
        assert!(text.contains("cluster_name: other\n"));
        assert!(!text.contains("c1") && !text.contains("num_tokens"));
        assert!(text.contains("client_encryption_options: \n  enabled: true\n  keystore: /k\n"));
    }

    #[test]
    fn tokens_split_the_ring_evenly() {
        assert_eq!(token(0, 1), "0");
        assert_eq!(token(0, 2), "-4611686018427387904");
        assert_eq!(token(1, 2), "4611686018427387904");
        let tokens: Vec<i64> = (0..3).map(|index| token(index, 3).parse().unwrap()).collect();
        assert!(tokens.is_sorted());
    }

    #[test]
    fn a_log_path_is_escaped() {
        assert!(logback_xml(Path::new("/a&b/system.log")).contains("<file>/a&amp;b/system.log</file>"));
    }
}

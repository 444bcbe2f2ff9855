//! Serves the metrics of a store to a scraper such as Prometheus, until standard input is closed (Ctrl-D).
//!
//! `METRICS_ADDRESS` is where to serve them, 127.0.0.1:9000 unless set. Which Cassandra is used, and how to get one, is
//! as in the example `quickstart`: `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --example metrics`.

use std::{env, io, net::SocketAddr};

use durable_store::{Config, DurableState, DurableStore, Replication, SchemaOptions, prost_types::Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;

/// Upper bounds, in seconds. Without buckets the exporter gives quantiles, which cannot be added up over programs.
const BUCKETS: [f64; 9] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address: SocketAddr = env::var("METRICS_ADDRESS").unwrap_or_else(|_| "127.0.0.1:9000".into()).parse()?;
    // Before the store is made: it describes its metrics to the recorder that is there.
    PrometheusBuilder::new().with_http_listener(address).set_buckets(&BUCKETS)?.install()?;

    // A server on this machine, unless the environment names another.
    let config = Config::builder().contact_points(["127.0.0.1"]).with_env()?.build()?;
    let store = DurableStore::new(config);
    store.create_schema(&SchemaOptions::new(Replication::Simple(1)))?;
    store.connect()?;
    let opened = Timestamp { seconds: 1_700_000_000, nanos: 0 };
    for version in 1..=10 {
        store.write_state(&DurableState::new("account-42", version, &opened))?;
    }
    store.get_latest_state("account-42")?;
    store.get_latest_state("account-43")?;
    println!("Wrote ten states and asked for two.");

    println!("Metrics are served on http://{address}/metrics until standard input is closed.");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    store.disconnect()?;
    Ok(())
}

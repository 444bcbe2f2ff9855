//! Serves the metrics of a store to a scraper such as Prometheus, until standard input is closed (Ctrl-D).
//!
//! `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --example metrics`. `METRICS_ADDRESS` is the address of the HTTP
//! server, 127.0.0.1:9000 by default.

use std::{env, error::Error, io, net::SocketAddr};

use durable_store::{Config, DurableState, DurableStore, Replication, SchemaOptions, prost};
use metrics_exporter_prometheus::PrometheusBuilder;

#[derive(Clone, PartialEq, prost::Message)]
struct AccountState {
    #[prost(string, tag = "1")]
    account_id: String,
    #[prost(int64, tag = "2")]
    balance_cents: i64,
}

impl prost::Name for AccountState {
    const PACKAGE: &'static str = "bank";
    const NAME: &'static str = "AccountState";
}

/// Upper bounds of the buckets, in seconds. Without buckets the exporter gives quantiles, which cannot be added up over programs.
const BUCKETS: [f64; 9] = [0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0];

fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = env::var("METRICS_ADDRESS").unwrap_or_else(|_| "127.0.0.1:9000".into()).parse()?;
    // Before the store is made: a store describes its metrics to the installed recorder.
    PrometheusBuilder::new().with_http_listener(address).set_buckets(&BUCKETS)?.install()?;

    // A server on this machine, unless the environment names another one.
    let config = Config::builder().contact_points(["127.0.0.1"]).with_env()?.build()?;
    let store = DurableStore::new(config);
    store.create_schema(&SchemaOptions::new(Replication::simple(1)))?;
    store.connect()?;
    for version in 1..=10 {
        let account = AccountState { account_id: "account-42".into(), balance_cents: 4200 };
        store.write_state(&DurableState::new("account-42", version, &account))?;
    }
    store.get_latest_state("account-42")?;
    store.get_latest_state("account-43")?;
    println!("Wrote ten states and read two.");

    println!("Metrics are served on http://{address}/metrics until standard input is closed.");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    store.disconnect()?;
    Ok(())
}

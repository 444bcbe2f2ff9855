//! Reads all states of a shard in two parts, as two processes would, and then the whole table.
//!
//! `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --example shard_scan`

use std::error::Error;

use durable_store::{Config, DurableState, DurableStore, Layout, Replication, ResumeToken, SchemaOptions, prost};

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

fn main() -> Result<(), Box<dyn Error>> {
    // A server on this machine, unless the environment names another one.
    let config = Config::builder().contact_points(["127.0.0.1"]).with_env()?.table("scanned").build()?;
    let store = DurableStore::new(config);
    store.create_schema(&SchemaOptions::new(Replication::simple(1)).layout(Layout::ByShard))?;
    store.connect()?;
    let state = |n: u64| {
        let account = AccountState { account_id: format!("account-{n:02}"), balance_cents: 4200 };
        DurableState::new(format!("account-{n:02}"), n, &account).with_shard(n % 3)
    };
    store.write_states((0..30).map(state)).into_iter().collect::<Result<(), _>>()?;

    // States are read page by page, when they are asked for. A scan can be ended early.
    let mut states = store.shard_states(1).page_size(4);
    for state in states.by_ref().take(6) {
        println!("Read from the server: {} in shard 1.", state?.persistence_id);
    }
    // As text it can be saved for another process.
    let token = states.resume_token().to_string();
    println!("The rest is read from {token} on:");

    let mut states = store.shard_states(1).resume_from(token.parse::<ResumeToken>()?);
    while let Some(state) = states.next().transpose()? {
        println!("Read from the server: {} in shard 1.", state.persistence_id);
    }

    // All shards. To read them in parallel, scan each shard on a thread of its own.
    let all = store.all_states().collect::<Result<Vec<_>, _>>()?;
    println!("Read from the server: {} states in all shards.", all.len());
    store.disconnect()?;
    Ok(())
}

//! Reads all states of a shard in two goes, as two processes would, and then those of the whole table.
//!
//! `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --example shard_scan`

use std::error::Error;

use durable_store::{
    Config, DurableState, DurableStore, Layout, Replication, SchemaOptions, prost_types::Duration as Age,
};

fn main() -> Result<(), Box<dyn Error>> {
    // A server on this machine, unless the environment names another.
    let config = Config::builder().contact_points(["127.0.0.1"]).with_env()?.table("scanned").build()?;
    let store = DurableStore::new(config);
    store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(Layout::ByShard))?;
    store.connect()?;
    let state = |n: u64| DurableState::new(format!("entity-{n:02}"), n, &Age::default()).with_shard(n % 3);
    store.write_states((0..30).map(state)).into_iter().collect::<Result<(), _>>()?;

    // States come page by page, as they are asked for. Ending early costs nothing.
    let mut states = store.shard_states(1).page_size(4);
    for state in states.by_ref().take(6) {
        println!("Read from the server: {} in shard 1.", state?.persistence_id);
    }
    // Text, to be kept wherever the next process will look.
    let token = states.resume_token();
    println!("So far, and the rest from {token} on:");

    let mut states = store.shard_states(1).resume_from(token);
    while let Some(state) = states.next().transpose()? {
        println!("Read from the server: {} in shard 1.", state.persistence_id);
    }

    // Each shard is read to its end before the next: work on several can be shared out by shard as well.
    let all = store.all_states().collect::<Result<Vec<_>, _>>()?;
    println!("Read from the server: {} states in all shards.", all.len());
    Ok(store.disconnect()?)
}

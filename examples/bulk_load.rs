//! Writes 20,000 states in one call and reads them in another, with a progress bar.
//!
//! `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --release --example bulk_load`

use std::{error::Error, time::Instant};

use durable_store::{
    Config, DurableState, DurableStore, Layout, Replication, SchemaOptions, prost_types::Duration as Age,
};
use indicatif::ProgressBar;

const ENTITIES: u32 = 20_000;

fn main() -> Result<(), Box<dyn Error>> {
    // A server on this machine, unless the environment names another.
    let config = Config::builder().contact_points(["127.0.0.1"]).with_env()?.table("loaded").build()?;
    let store = DurableStore::new(config);
    store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById))?;
    store.connect()?;

    // The store takes a state when it is about to send it: the bar is at most `max_in_flight` ahead of the truth, and
    // the states are never all in memory.
    let states = (0..ENTITIES).map(|n| DurableState::new(id(n), 1, &Age { seconds: n.into(), nanos: 0 }));
    let bar = ProgressBar::new(ENTITIES.into());
    let began = Instant::now();
    let outcomes = store.write_states(bar.wrap_iter(states));
    println!("Wrote {ENTITIES} states in {:?}.", began.elapsed());

    // Each state has an outcome of its own, in the order of the input. Those that failed can be given again.
    let failed = (0..ENTITIES).zip(outcomes).filter_map(|(n, outcome)| Some((n, outcome.err()?)));
    for (n, error) in failed {
        println!("{}: {error}; worth trying again: {}", id(n), error.is_retryable());
    }

    let ids: Vec<String> = (0..ENTITIES).map(id).collect();
    let bar = ProgressBar::new(ENTITIES.into());
    let began = Instant::now();
    let mut seconds = 0;
    let mut found = 0;
    for outcome in store.get_latest_states(bar.wrap_iter(ids.iter())) {
        if let Some(state) = outcome? {
            seconds += state.to_msg::<Age>()?.seconds;
            found += 1;
        }
    }
    println!("Read from the server in {:?}: {found} states, {seconds} seconds altogether.", began.elapsed());
    Ok(store.disconnect()?)
}

fn id(n: u32) -> String {
    format!("entity-{n}")
}

//! Writes 20,000 states in one call and reads them in another, with a progress bar.
//!
//! `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --release --example bulk_load`

use std::{error::Error, time::Instant};

use durable_store::{Config, DurableState, DurableStore, Layout, Replication, SchemaOptions, prost};
use indicatif::ProgressBar;

const ENTITIES: u32 = 20_000;

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
    let config = Config::builder().contact_points(["127.0.0.1"]).with_env()?.table("loaded").build()?;
    let store = DurableStore::new(config);
    store.create_schema(&SchemaOptions::new(Replication::simple(1)).layout(Layout::ById))?;
    store.connect()?;

    // The store takes a state just before it sends it: the bar is at most `max_in_flight` states ahead, and the states are
    // never all in memory.
    let account = |n: u32| AccountState { account_id: id(n), balance_cents: n.into() };
    let states = (0..ENTITIES).map(|n| DurableState::new(id(n), 1, &account(n)));
    let bar = ProgressBar::new(ENTITIES.into());
    let began = Instant::now();
    let outcomes = store.write_states(bar.wrap_iter(states));
    println!("Wrote {ENTITIES} states in {:?}.", began.elapsed());

    // Each state has its own outcome, in the order of the input. States that failed can be written again.
    let failed = (0..ENTITIES).zip(outcomes).filter_map(|(n, outcome)| Some((n, outcome.err()?)));
    for (n, error) in failed {
        println!("{}: {error}; retryable: {}", id(n), error.is_retryable());
    }

    let ids: Vec<String> = (0..ENTITIES).map(id).collect();
    let bar = ProgressBar::new(ENTITIES.into());
    let began = Instant::now();
    let mut cents = 0;
    let mut found = 0;
    for outcome in store.get_latest_states(bar.wrap_iter(ids.iter())) {
        if let Some(state) = outcome? {
            cents += state.to_msg::<AccountState>()?.balance_cents;
            found += 1;
        }
    }
    println!("Read from the server in {:?}: {found} states, {cents} cents in total.", began.elapsed());
    store.disconnect()?;
    Ok(())
}

fn id(n: u32) -> String {
    format!("account-{n}")
}

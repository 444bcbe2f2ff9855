//! A store of one type of state: messages in, messages out.
//!
//! `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --example typed`

use std::error::Error;

use durable_store::{
    Config, DurableState, DurableStore, Layout, Replication, SchemaOptions, TypedState, prost,
    prost_types::Duration as Age,
};

#[derive(Clone, PartialEq, prost::Message)]
struct AccountState {
    #[prost(string, tag = "1")]
    owner: String,
    #[prost(int64, tag = "2")]
    balance_cents: i64,
}

/// The name under which it is stored, for every program that reads it.
impl prost::Name for AccountState {
    const PACKAGE: &'static str = "bank";
    const NAME: &'static str = "AccountState";
}

fn main() -> Result<(), Box<dyn Error>> {
    // A server on this machine, unless the environment names another.
    let config = Config::builder().contact_points(["127.0.0.1"]).with_env()?.table("typed").build()?;
    let store = DurableStore::new(config);
    store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById))?;
    store.connect()?;

    // Shares the session of `store`.
    let accounts = store.typed::<AccountState>();
    accounts.write_state(&TypedState::new(
        "account-42",
        1,
        AccountState { owner: "Ann".into(), balance_cents: 4200 },
    ))?;
    if let Some(state) = accounts.get_latest_state("account-42")? {
        let (owner, cents) = (state.message.owner, state.message.balance_cents);
        println!("Read from the server: version {} of {owner}'s account, {cents} cents.", state.version_number);
    }

    // What is not an account is an error, never a half-decoded account.
    store.write_state(&DurableState::new("timer-7", 1, &Age { seconds: 7, nanos: 0 }))?;
    match accounts.get_latest_state("timer-7") {
        Err(error) => println!("Read from the server, and refused: {error}"),
        Ok(state) => println!("Read from the server, and that is a mistake: {state:?}"),
    }
    Ok(store.disconnect()?)
}

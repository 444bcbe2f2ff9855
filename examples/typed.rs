//! Keeps states of one message type.
//!
//! `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --example typed`

use std::error::Error;

use durable_store::{
    Config, DurableState, DurableStore, Layout, Replication, SchemaOptions, TypedState, prost, prost_types::Timestamp,
};

#[derive(Clone, PartialEq, prost::Message)]
struct AccountState {
    #[prost(string, tag = "1")]
    account_id: String,
    #[prost(int64, tag = "2")]
    balance_cents: i64,
}

/// The name under which the message is stored, for every program that reads it.
impl prost::Name for AccountState {
    const PACKAGE: &'static str = "bank";
    const NAME: &'static str = "AccountState";
}

fn main() -> Result<(), Box<dyn Error>> {
    // A server on this machine, unless the environment names another one.
    let config = Config::builder().contact_points(["127.0.0.1"]).with_env()?.table("typed").build()?;
    let store = DurableStore::new(config);
    store.create_schema(&SchemaOptions::new(Replication::simple(1)).layout(Layout::ById))?;
    store.connect()?;

    // Shares the session of `store`.
    let accounts = store.typed::<AccountState>();
    let account = AccountState { account_id: "account-42".into(), balance_cents: 4200 };
    accounts.write_state(&TypedState::new("account-42", 1, account))?;
    if let Some(state) = accounts.get_latest_state("account-42")? {
        let AccountState { account_id, balance_cents } = state.message;
        println!("Read from the server: version {} of {account_id}, {balance_cents} cents.", state.version_number);
    }

    // A state of another type is an error.
    store.write_state(&DurableState::new("timer-7", 1, &Timestamp { seconds: 7, nanos: 0 }))?;
    match accounts.get_latest_state("timer-7") {
        Err(error) => println!("Read from the server, and refused: {error}"),
        Ok(state) => println!("Not refused, which is wrong: {state:?}"),
    }
    store.disconnect()?;
    Ok(())
}

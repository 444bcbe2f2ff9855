//! Writes the state of an account, writes it again with another balance, and reads it back.
//!
//! `cargo xtask quickstart` runs this against a Cassandra that it starts. To use your own:
//! `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --example quickstart`.

use std::error::Error;

use durable_store::{Config, DurableState, DurableStore, Replication, SchemaOptions, prost};

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
    let config = Config::builder().contact_points(["127.0.0.1"]).with_env()?.build()?;
    println!("A store at {config}, table {}.{}.", config.keyspace(), config.table());
    let store = DurableStore::new(config);

    store.create_schema(&SchemaOptions::new(Replication::simple(1)))?;
    println!("The table exists.");
    store.connect()?;
    println!("Connected.");

    let account = AccountState { account_id: "account-42".into(), balance_cents: 4200 };
    store.write_state(&DurableState::new("account-42", 1, &account))?;
    println!("Wrote version 1 of account-42 with a balance of {} cents.", account.balance_cents);
    show(&store, "account-42")?;

    let account = AccountState { balance_cents: 5100, ..account };
    store.write_state(&DurableState::new("account-42", 2, &account))?;
    println!("Wrote version 2 of account-42 with a balance of {} cents.", account.balance_cents);
    show(&store, "account-42")?;

    show(&store, "account-43")?;

    store.ping()?;
    println!("The server answers a ping.");
    store.disconnect()?;
    println!("Disconnected.");
    Ok(())
}

/// Reads the latest state of an account from the server and prints it.
fn show(store: &DurableStore, persistence_id: &str) -> durable_store::Result<()> {
    match store.get_latest_state(persistence_id)? {
        Some(state) => {
            let AccountState { account_id, balance_cents } = state.to_msg()?;
            let version = state.version_number;
            println!("Read from the server: version {version} of {account_id} has a balance of {balance_cents} cents.");
        }
        None => println!("Read from the server: there is no state of {persistence_id}."),
    }
    Ok(())
}

//! Checks a deployment: connects with the settings in the environment, writes a state and reads it back.
//!
//! `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --example deployment_check`. The table must exist: the example creates
//! none, so it runs with the permissions of the program to be deployed. The state that it writes stays.

use std::error::Error;

use durable_store::{Config, DurableState, DurableStore, prost};

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
    let store = DurableStore::new(Config::from_env()?);
    // Fails at once, with the reason, if an address, a certificate, the password or the table is wrong.
    store.connect()?;
    let account = AccountState { account_id: "deployment-check".into(), balance_cents: 0 };
    let written = DurableState::new("deployment-check", 1, &account);
    store.write_state(&written)?;
    if store.get_latest_state(&written)?.as_ref() != Some(&written) {
        return Err("read back a different state; is another instance of this check running?".into());
    }
    println!("Connected, wrote a state and read it back.");
    store.disconnect()?;
    Ok(())
}

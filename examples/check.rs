//! A deployment's check: connects with the settings in the environment, writes a state and reads it back.
//!
//! `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --example check`, with a table that is there. It makes none, so it
//! runs with the rights of the program that is to be deployed. The one state it writes stays.

use durable_store::{Config, DurableState, DurableStore, prost_types::Timestamp};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = DurableStore::new(Config::from_env()?);
    // Fails at once, and says why, where an address, a certificate, the password or the table is not as it should be.
    store.connect()?;
    let written = DurableState::new("deployment-check", 1, &Timestamp::default());
    store.write_state(&written)?;
    if store.get_latest_state(&written)?.as_ref() != Some(&written) {
        return Err("another state was read than was written: does somebody else run this check now?".into());
    }
    println!("Connected, wrote a state and read it back.");
    store.disconnect()?;
    Ok(())
}

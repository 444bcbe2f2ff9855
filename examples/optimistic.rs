//! Four tellers pay into one account at the same time; each payment counts once.
//!
//! `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --example optimistic`

use std::{error::Error, panic, thread};

use durable_store::{
    Config, Consistency, DurableState, DurableStore, ErrorKind, Layout, Replication, SchemaOptions, WriteCondition,
    WriteMode, prost,
};

#[derive(Clone, PartialEq, prost::Message)]
struct AccountState {
    #[prost(int64, tag = "1")]
    balance_cents: i64,
    /// The payments that are in the balance. A real account would forget them after a while.
    #[prost(string, repeated, tag = "2")]
    payments: Vec<String>,
}

impl prost::Name for AccountState {
    const PACKAGE: &'static str = "bank";
    const NAME: &'static str = "AccountState";
}

/// Pays in exactly once, with as many attempts as needed.
fn pay_in(store: &DurableStore, id: &str, payment: &str, cents: i64) -> durable_store::Result<()> {
    // A serial read sees every conditional write that was decided.
    let latest = store.with_consistency(Consistency::LocalSerial);
    loop {
        // Read the state, if there is one.
        let (mut account, version, condition) = match latest.get_latest_state(id)? {
            Some(state) => (state.to_msg()?, state.version_number, WriteCondition::IfVersion(state.version_number)),
            None => (AccountState::default(), 0, WriteCondition::IfAbsent),
        };
        // Decide. The payment is in the account already if the answer to an earlier attempt was lost.
        if account.payments.iter().any(|done| done == payment) {
            return Ok(());
        }
        account.balance_cents += cents;
        account.payments.push(payment.to_owned());
        // Write, unless another teller has written meanwhile.
        match store.write_state_if(&DurableState::new(id, version + 1, &account), condition) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::Conflict => {
                println!("{payment}: another teller was faster; trying again")
            }
            // It may have been written: the next read tells.
            Err(error) if error.is_indeterminate() => println!("{payment}: {error}"),
            Err(error) => return Err(error),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    // A server on this machine, unless the environment names another one.
    let config = Config::builder()
        .contact_points(["127.0.0.1"])
        .with_env()?
        .table("tellers")
        .write_mode(WriteMode::Versioned)
        .build()?;
    let store = DurableStore::new(config);
    store.create_schema(&SchemaOptions::new(Replication::simple(1)).layout(Layout::ById))?;
    store.connect()?;
    store.forget_state("account-42")?;
    thread::scope(|scope| {
        let pay_in = |teller| (0..5).try_for_each(|n| pay_in(&store, "account-42", &format!("{teller}-{n}"), 100));
        let tellers = ["Ann", "Bob", "Cid", "Dee"].map(|teller| scope.spawn(move || pay_in(teller)));
        tellers.into_iter().try_for_each(|teller| teller.join().unwrap_or_else(|panic| panic::resume_unwind(panic)))
    })?;
    if let Some(state) = store.get_latest_state("account-42")? {
        let account: AccountState = state.to_msg()?;
        let (payments, cents) = (account.payments.len(), account.balance_cents);
        println!("Read from the server: version {}, {payments} payments, {cents} cents.", state.version_number);
    }
    store.disconnect()?;
    Ok(())
}

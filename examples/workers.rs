//! A pool of worker threads that share one store. Each entity belongs to one worker, so that its states are written in
//! order.
//!
//! `DURABLE_STORE_CONTACT_POINTS=10.0.0.1 cargo run --example workers`

use std::{
    error::Error,
    hash::{DefaultHasher, Hash, Hasher},
    panic,
    sync::mpsc::{self, Receiver},
    thread,
};

use durable_store::{Config, DurableState, DurableStore, Layout, Replication, SchemaOptions, prost};

const WORKERS: u64 = 8;
const ENTITIES: u64 = 100;
const COMMANDS: u64 = 1_000;

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

/// Pays one cent into the account that each command names.
fn work(store: &DurableStore, commands: Receiver<String>) -> Result<(), Box<dyn Error + Send + Sync>> {
    for id in commands {
        let latest = store.get_latest_state(&id)?;
        let version = latest.as_ref().map_or(0, |state| state.version_number);
        let mut account = latest.map_or(Ok(AccountState::default()), |state| state.to_msg::<AccountState>())?;
        account.account_id.clone_from(&id);
        account.balance_cents += 1;
        store.write_state(&DurableState::new(id, version + 1, &account))?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    // A server on this machine, unless the environment names another one.
    let config = Config::builder().contact_points(["127.0.0.1"]).with_env()?.table("workers").build()?;
    let store = DurableStore::new(config);
    store.create_schema(&SchemaOptions::new(Replication::simple(1)).layout(Layout::ById))?;
    store.connect()?;
    let ids: Vec<String> = (0..ENTITIES).map(|n| format!("account-{n}")).collect();
    for id in &ids {
        store.delete_state(id)?;
    }

    let workers = (0..WORKERS).map(|_| {
        let (commands, received) = mpsc::sync_channel(100);
        // A handle per thread: all share one session.
        let store = store.clone();
        (commands, thread::spawn(move || work(&store, received)))
    });
    let (commands, threads): (Vec<_>, Vec<_>) = workers.unzip();
    for id in ids.iter().cycle().take(COMMANDS as usize) {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let worker = commands.get((hasher.finish() % WORKERS) as usize).ok_or("no such worker")?;
        // Waits while that worker is behind. If the worker has failed, its error is returned below.
        let _ = worker.send(id.clone());
    }
    // Without senders the workers end.
    drop(commands);
    for thread in threads {
        thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic)).map_err(|error| error as Box<dyn Error>)?;
    }

    let states = store.get_latest_states(&ids).into_iter().collect::<Result<Vec<_>, _>>()?;
    let versions: u64 = states.iter().flatten().map(|state| state.version_number).sum();
    println!("Read from the server: {} states, {versions} versions in total.", states.iter().flatten().count());
    store.disconnect()?;
    Ok(())
}

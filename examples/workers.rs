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

use durable_store::{
    Config, DurableState, DurableStore, Layout, Replication, SchemaOptions, prost_types::Duration as Uptime,
};

const WORKERS: u64 = 8;
const ENTITIES: u64 = 100;
const COMMANDS: u64 = 1_000;

/// Adds a second to the entity that each command names.
fn work(store: &DurableStore, commands: Receiver<String>) -> Result<(), Box<dyn Error + Send + Sync>> {
    for id in commands {
        let latest = store.get_latest_state(&id)?;
        let version = latest.as_ref().map_or(0, |state| state.version_number);
        let mut uptime = latest.map_or(Ok(Uptime::default()), |state| state.to_msg::<Uptime>())?;
        uptime.seconds += 1;
        store.write_state(&DurableState::new(id, version + 1, &uptime))?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    // A server on this machine, unless the environment names another.
    let config = Config::builder().contact_points(["127.0.0.1"]).with_env()?.table("machines").build()?;
    let store = DurableStore::new(config);
    store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById))?;
    store.connect()?;
    let ids: Vec<String> = (0..ENTITIES).map(|n| format!("machine-{n}")).collect();
    for id in &ids {
        store.delete_state(id)?;
    }

    let workers = (0..WORKERS).map(|_| {
        let (commands, received) = mpsc::sync_channel(100);
        // A handle for each thread: all share one session.
        let store = store.clone();
        (commands, thread::spawn(move || work(&store, received)))
    });
    let (commands, threads): (Vec<_>, Vec<_>) = workers.unzip();
    for id in ids.iter().cycle().take(COMMANDS as usize) {
        let mut hasher = DefaultHasher::new();
        id.hash(&mut hasher);
        let worker = commands.get((hasher.finish() % WORKERS) as usize).ok_or("no such worker")?;
        // Waits while that worker is behind. A worker that is gone has failed, and says below why.
        let _ = worker.send(id.clone());
    }
    // Without senders the workers come to their end.
    drop(commands);
    for thread in threads {
        thread.join().unwrap_or_else(|panic| panic::resume_unwind(panic))?;
    }

    let states = store.get_latest_states(&ids).into_iter().collect::<Result<Vec<_>, _>>()?;
    let versions: u64 = states.iter().flatten().map(|state| state.version_number).sum();
    println!("Read from the server: {} states, {versions} versions altogether.", states.iter().flatten().count());
    Ok(store.disconnect()?)
}

//! One hundred tables on one store use as many sockets and threads as one table.

use std::{fs, thread};

use durable_store::{Layout, Replication, SchemaOptions};

use crate::harness::{alone, config, connected, node_with_table, state, threads};

const TABLES: usize = 100;
const THREADS: usize = 8;

/// The sockets of this process.
fn sockets() -> usize {
    let files = fs::read_dir("/proc/self/fd").unwrap().flatten();
    let targets = files.filter_map(|file| fs::read_link(file.path()).ok());
    targets.filter(|target| target.to_string_lossy().starts_with("socket:")).count()
}

#[test]
fn a_hundred_tables_use_the_sockets_and_threads_of_one() {
    let _alone = alone();
    let cluster = node_with_table();
    let store = connected(config(&cluster).pool_size(THREADS.try_into().unwrap()));
    let write = |table: usize, version: u64| {
        let handle = store.with_table(format!("states_{table}"));
        handle.write_state(&state("account-42", version)).unwrap();
        assert_eq!(handle.get_latest_state("account-42").unwrap().unwrap().version_number, version);
    };
    let make = |table: usize| {
        let options = SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById);
        store.with_table(format!("states_{table}")).create_schema(&options).unwrap();
    };
    store.write_state(&state("account-42", 1)).unwrap();
    make(0);
    write(0, 1);
    let (sockets_of_one, threads_of_one) = (sockets(), threads());
    (1..TABLES).for_each(make);
    thread::scope(|scope| {
        for worker in 0..THREADS {
            let write = &write;
            scope.spawn(move || (worker..TABLES).step_by(THREADS).for_each(|table| write(table, 2)));
        }
    });
    // The sessions that created the tables are closed when `create_schema` returns, their threads a moment later.
    crate::harness::assert_no_thread_is_left(threads_of_one);
    assert_eq!(sockets(), sockets_of_one);
    assert_eq!(store.get_latest_state("account-42").unwrap().unwrap().version_number, 1);
    // Each table keeps its own state.
    for table in 0..TABLES {
        let handle = store.with_table(format!("states_{table}"));
        assert_eq!(handle.all_states().count(), 1);
    }
}

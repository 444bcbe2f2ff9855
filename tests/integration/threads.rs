//! Many threads on one store.

use std::thread;

use durable_store::{Consistency, ErrorKind, Layout};

use crate::harness::{BOTH_LAYOUTS, Keyspace, account};

#[test]
fn more_threads_than_leases_each_see_their_own_writes() {
    const THREADS: u64 = 32;
    const WRITES: u64 = 20;
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected_with(|config| config.pool_size(8));
        thread::scope(|scope| {
            for entity in 0..THREADS {
                let store = &store;
                scope.spawn(move || {
                    let id = format!("account-{entity}");
                    for version in 1..=WRITES {
                        let state = account(&id, version, (entity * WRITES + version).cast_signed()).with_shard(entity);
                        store.write_state(&state).unwrap();
                        assert_eq!(store.get_latest_state(&state).unwrap(), Some(state));
                    }
                });
            }
        });
        for entity in 0..THREADS {
            let id = format!("account-{entity}");
            let latest = store.get_latest_state(&id).unwrap().unwrap();
            assert_eq!((latest.version_number, latest.shard), (WRITES, entity), "{layout:?}");
        }
        assert_eq!(keyspace.rows().len() as u64, THREADS);
    }
}

#[test]
fn the_last_write_wins_whichever_thread_it_comes_from() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected();
    for version in (0..50).rev() {
        let state = account("account-42", version, 1);
        thread::scope(|scope| scope.spawn(|| store.write_state(&state).unwrap()).join()).unwrap();
        assert_eq!(store.get_latest_state("account-42").unwrap(), Some(state));
    }
}

#[test]
fn a_consistency_for_reads_only_refuses_writes() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let state = account("account-42", 1, 1);
    keyspace.connected().write_state(&state).unwrap();
    for consistency in [Consistency::Serial, Consistency::LocalSerial] {
        let store = keyspace.connected_with(|config| config.consistency(consistency));
        let error = store.write_state(&account("account-42", 2, 2)).unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Config, Some("write_state")), "{error}");
        assert!(error.to_string().contains(&consistency.to_string()), "{error}");
        assert_eq!(store.get_latest_state("account-42").unwrap().as_ref(), Some(&state));
    }
}

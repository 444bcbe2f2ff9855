//! Calls in a child of `fork`, in which the driver's threads do not exist.
#![allow(unsafe_code, reason = "fork has no safe form")]

use std::time::{Duration, Instant};

use durable_store::{DurableStore, ErrorKind};

use crate::harness::{alone, config, connected, node_with_table, state};

#[test]
fn calls_in_a_forked_child_give_an_error_at_once() {
    let _alone = alone();
    let cluster = node_with_table();
    let store = connected(config(&cluster));
    store.write_state(&state("a", 1)).unwrap();

    // SAFETY: the child only calls the store, whose calls end before anything that needs another thread, and `_exit`.
    let child = unsafe { libc::fork() };
    if child == 0 {
        let status = i32::from(!refuses_everything(store));
        // SAFETY: ends the child without running what belongs to the parent.
        unsafe { libc::_exit(status) };
    }
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut status = 0;
    // SAFETY: `status` is valid for the call.
    while unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == 0 {
        if Instant::now() > deadline {
            // SAFETY: `child` is our child and not yet waited for.
            unsafe { libc::kill(child, libc::SIGKILL) };
            panic!("the child hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(status, 0, "the child's calls did not all end as they should");
    store.write_state(&state("a", 2)).unwrap();
}

/// Every call, of a new store too, and at the end dropping the only handle.
fn refuses_everything(store: DurableStore) -> bool {
    let new = DurableStore::new(store.config().clone());
    let outcomes = [
        new.ping(),
        new.connect(),
        store.ping(),
        store.connect(),
        store.write_state(&state("a", 9)),
        store.get_latest_state("a").map(drop),
        store.disconnect(),
    ];
    drop(store);
    outcomes.iter().all(|outcome| outcome.as_ref().is_err_and(|error| error.kind() == ErrorKind::NotConnected))
}

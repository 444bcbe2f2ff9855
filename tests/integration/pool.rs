//! Leases: which calls wait for them, and when they are returned.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Barrier, Mutex, mpsc},
    thread,
    time::{Duration, Instant},
};

use durable_store::{DurableStore, ErrorKind, Layout, Sharding};

use crate::harness::{Keyspace, account};

/// How much longer than its deadline a call may take on a machine that is busy.
const MARGIN: Duration = Duration::from_secs(2);

/// A shard function that stops at the id `slow` until it is let go, and panics at `panic`. It runs under the lease.
fn slow_at(reached: mpsc::Sender<()>, go_on: mpsc::Receiver<()>) -> Sharding {
    let go_on = Mutex::new(go_on);
    Sharding::by(move |id| {
        match id {
            "slow" => {
                let _ = reached.send(());
                let _ = go_on.lock().unwrap().recv();
            }
            "panic" => panic!("the caller's own function panics"),
            _ => {}
        }
        0
    })
}

#[test]
fn the_second_caller_of_a_pool_of_one_gives_up_at_its_deadline() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let ((reached, is_reached), (go_on, goes_on)) = (mpsc::channel(), mpsc::channel());
    let call_timeout = Duration::from_secs(1);
    let store = keyspace
        .connected_with(|config| config.pool_size(1).call_timeout(call_timeout).sharding(slow_at(reached, goes_on)));
    let holder = store.clone();
    let holder = thread::spawn(move || holder.write_state(&account("slow", 1, 1)));
    is_reached.recv().unwrap();

    let began = Instant::now();
    let error = store.write_state(&account("account-42", 1, 1)).unwrap_err();
    let took = began.elapsed();
    assert_eq!(error.kind(), ErrorKind::PoolTimeout);
    assert_eq!((error.operation(), error.persistence_id()), (Some("write_state"), Some("account-42")));
    assert!(error.is_retryable() && !error.is_indeterminate());
    assert!(took >= call_timeout && took < call_timeout + MARGIN, "{took:?}");
    assert!(error.to_string().contains("`pool_size`"), "{error}");

    go_on.send(()).unwrap();
    let _ = holder.join().unwrap();
    store.write_state(&account("account-42", 1, 1)).unwrap();
}

#[test]
fn a_panic_in_the_holder_returns_its_lease() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let sharding = slow_at(mpsc::channel().0, mpsc::channel().1);
    let store = keyspace.connected_with(|config| config.pool_size(1).sharding(sharding));
    for _ in 0..3 {
        let call = AssertUnwindSafe(|| store.get_latest_state("panic"));
        assert!(catch_unwind(call).is_err(), "the caller's panic is the caller's");
        assert_eq!(store.get_latest_state("account-42").unwrap(), None);
    }
}

/// Starts 64 threads that write and read until the store says that it is not connected.
fn sixty_four_calls_in_flight(store: &DurableStore) -> Vec<thread::JoinHandle<u32>> {
    let begun = Arc::new(Barrier::new(65));
    let caller = |number: u32| {
        let (store, begun) = (store.clone(), Arc::clone(&begun));
        thread::spawn(move || {
            begun.wait();
            let id = format!("account-{number}");
            for count in 0.. {
                let outcome = match count % 2 {
                    0 => store.write_state(&account(&id, u64::from(count), 1)),
                    _ => store.get_latest_state(&id).map(drop),
                };
                if let Err(error) = outcome {
                    assert_eq!(error.kind(), ErrorKind::NotConnected, "{error}");
                    return count;
                }
            }
            unreachable!("the calls go on until the store is disconnected")
        })
    };
    let callers = (0..64).map(caller).collect();
    begun.wait();
    callers
}

#[test]
fn disconnecting_under_64_calls_is_bounded_and_harms_none() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let call_timeout = Duration::from_secs(10);
    let store = keyspace.connected_with(|config| config.call_timeout(call_timeout));
    let callers = sixty_four_calls_in_flight(&store);
    thread::sleep(Duration::from_millis(200));
    let disconnects: Vec<_> = (0..4)
        .map(|_| {
            let store = store.clone();
            thread::spawn(move || {
                let began = Instant::now();
                (0..2).for_each(|_| store.disconnect().unwrap());
                began.elapsed()
            })
        })
        .collect();
    for disconnect in disconnects {
        let took = disconnect.join().unwrap();
        assert!(took < call_timeout + MARGIN, "{took:?}");
    }
    let calls: u32 = callers.into_iter().map(|caller| caller.join().unwrap()).sum();
    assert!(calls > 64, "only {calls} calls were made");
    store.connect().unwrap();
    assert!(store.get_latest_state("account-0").unwrap().is_some());
}

#[test]
fn dropping_every_handle_under_64_calls_is_bounded() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected();
    let begun = Arc::new(Barrier::new(65));
    let callers: Vec<_> = (0..64)
        .map(|number| {
            let (store, begun) = (store.clone(), Arc::clone(&begun));
            thread::spawn(move || {
                begun.wait();
                store.write_state(&account(&format!("account-{number}"), 1, 1)).unwrap();
                // One of these is the last handle.
                let began = Instant::now();
                drop(store);
                began.elapsed()
            })
        })
        .collect();
    drop(store);
    begun.wait();
    for caller in callers {
        let took = caller.join().unwrap();
        assert!(took < Duration::from_secs(1) + MARGIN, "{took:?}");
    }
    assert_eq!(keyspace.cql("SELECT persistence_id FROM {table}").rows.len(), 64);
}

#[test]
fn three_hundred_calls_share_64_leases_and_none_starves() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected_with(|config| config.pool_size(64));
    let begun = Arc::new(Barrier::new(300));
    let callers: Vec<_> = (0..300)
        .map(|number| {
            let (store, begun) = (store.clone(), Arc::clone(&begun));
            thread::spawn(move || {
                begun.wait();
                store.write_state(&account(&format!("account-{number}"), 1, number))
            })
        })
        .collect();
    for caller in callers {
        caller.join().unwrap().unwrap();
    }
    assert_eq!(keyspace.cql("SELECT persistence_id FROM {table}").rows.len(), 300);
}

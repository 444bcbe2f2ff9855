//! Many states in one call: each item has its own outcome.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use durable_store::{DurableState, DurableStore, Error, ErrorKind, Layout, Replication, SchemaOptions, WriteMode};

use crate::harness::{
    BOTH_LAYOUTS, Keyspace, account, any_of, eventually,
    proxy::{Action, Proxied, forged, opcode},
    state_of,
};

fn id(number: usize) -> String {
    format!("account-{number}")
}

/// Twenty entities a shard.
fn in_shards(number: usize, version_number: u64) -> DurableState {
    account(&id(number), version_number, number as i64).with_shard(number as u64 / 20)
}

#[track_caller]
fn assert_error(error: &Error, kind: ErrorKind, operation: &str, persistence_id: &str) {
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!((error.operation(), error.persistence_id()), (Some(operation), Some(persistence_id)), "{error}");
}

#[test]
fn outcomes_come_in_the_order_of_the_input() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected_with(|config| config.max_in_flight(50));
        let states: Vec<_> = (0..1_000).map(|number| in_shards(number, 1)).collect();
        let written = store.write_states(&states);
        assert_eq!(written.len(), states.len());
        for outcome in written {
            outcome.unwrap();
        }
        assert_eq!(keyspace.rows().len(), states.len());

        // Every other one is absent, and some are asked for three times.
        let numbers: Vec<usize> = (0..600).rev().map(|n| n * 997 % 2_000).chain([7, 1_007, 7, 7]).collect();
        let ids: Vec<String> = numbers.iter().map(|number| id(*number)).collect();
        let read = store.get_latest_states(&ids);
        assert_eq!(read.len(), numbers.len());
        for (number, outcome) in numbers.iter().zip(read) {
            assert_eq!(outcome.unwrap().as_ref(), states.get(*number), "{layout:?}: {number}");
        }

        // With the shard in the key, the one row.
        let keys = numbers.iter().zip(&ids).map(|(number, id)| (*number as u64 / 20, id));
        for (number, outcome) in numbers.iter().zip(store.get_latest_states(keys)) {
            assert_eq!(outcome.unwrap().as_ref(), states.get(*number), "{layout:?}: {number}");
        }
    }
}

#[test]
fn nothing_in_nothing_out() {
    let keyspace = Keyspace::with_table(Layout::ById);
    for store in [keyspace.store(), keyspace.connected()] {
        assert!(store.write_states::<DurableState>([]).is_empty());
        assert!(store.get_latest_states::<&str>([]).is_empty());
    }
}

#[test]
fn without_a_session_each_item_is_not_connected() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let disconnected = keyspace.connected();
    disconnected.disconnect().unwrap();
    for store in [keyspace.store(), disconnected] {
        assert_eq!(store.write_states((0..300).map(|number| in_shards(number, 1))).len(), 300);
        for (number, outcome) in store.write_states((0..3).map(|number| in_shards(number, 1))).into_iter().enumerate() {
            assert_error(&outcome.unwrap_err(), ErrorKind::NotConnected, "write_states", &id(number));
        }
        for (id, outcome) in ["a", "b"].iter().zip(store.get_latest_states(["a", "b"])) {
            assert_error(&outcome.unwrap_err(), ErrorKind::NotConnected, "get_latest_states", id);
        }
    }
    assert_eq!(keyspace.rows(), []);
}

#[test]
fn a_handle_with_a_refused_value_refuses_each_item() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let store = keyspace.connected().with_ttl(Duration::ZERO);
    for outcome in store.write_states([in_shards(0, 1), in_shards(1, 1)]) {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("ttl: "), "{error}");
    }
    assert_eq!(keyspace.rows(), []);
}

#[test]
fn a_bad_item_is_refused_and_harms_no_other() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected_with(|config| config.max_payload_bytes(1_000));
        // Over the bound of the key, and where reads go through an index, of that.
        let too_long = "a".repeat(if layout == Layout::ByShard { 8_193 } else { 65_536 });
        let too_big = state_of("big", Some(any_of("type.googleapis.com/bank.AccountState", &[7; 1_000])));
        let good = |number| in_shards(number, 1);
        let states = [good(0), account("", 1, 1), good(1), account(&too_long, 1, 1), good(2), too_big, good(3)];
        for (state, outcome) in states.iter().zip(store.write_states(&states)) {
            let id = &state.persistence_id;
            if id.starts_with("account-") {
                outcome.unwrap();
            } else {
                let error = outcome.unwrap_err();
                assert_error(&error, ErrorKind::InvalidState, "write_states", id);
                assert!(!error.is_indeterminate() && !error.is_retryable(), "{error}");
            }
        }
        let stored: Vec<_> = keyspace.rows().into_iter().map(|row| row.persistence_id).collect();
        assert_eq!(stored, ["account-0", "account-1", "account-2", "account-3"], "{layout:?}");

        let ids = ["", "account-3", &too_long, "big", "account-0"];
        for (id, outcome) in ids.iter().zip(store.get_latest_states(ids)) {
            match *id {
                "big" => assert_eq!(outcome.unwrap(), None),
                "account-0" | "account-3" => assert_eq!(outcome.unwrap().unwrap().persistence_id, *id),
                bad => assert_error(&outcome.unwrap_err(), ErrorKind::InvalidState, "get_latest_states", bad),
            }
        }
    }
}

#[test]
fn of_two_writes_of_one_entity_the_later_one_in_the_input_wins() {
    const ENTITIES: usize = 32;
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected_with(|config| config.max_in_flight(256));
        for round in 0..20 {
            // All in flight at once, and the version number falls.
            let states = (0..256).map(|write| account(&id(write % ENTITIES), 256 - write as u64, round));
            for outcome in store.write_states(states) {
                outcome.unwrap();
            }
            for row in keyspace.rows() {
                let number: i64 = row.persistence_id.trim_start_matches("account-").parse().unwrap();
                let last_write = (256 - ENTITIES) as i64 + number;
                assert_eq!(row.version_number, Some(256 - last_write), "{layout:?}: {row:?}");
            }
            let latest = store.get_latest_state(&id(0)).unwrap().unwrap();
            assert_eq!(latest.to_msg::<crate::harness::Account>().unwrap().balance_cents, round);
        }
    }
}

/// A connected store in versioned mode, on a table that the store itself made.
fn versioned(keyspace: &Keyspace) -> DurableStore {
    let store = keyspace.store_with(|config| config.write_mode(WriteMode::Versioned));
    store.create_schema(&SchemaOptions::new(Replication::Simple(1)).layout(Layout::ById)).unwrap();
    store.connect().unwrap();
    store
}

#[test]
fn versioned_items_of_one_entity_are_decided_in_order() {
    let keyspace = Keyspace::unmade();
    let store = versioned(&keyspace);
    let one_after_the_other = (1..=50).map(|version| account("busy", version, 1));
    let others = (0..50).map(|number| in_shards(number, 1));
    let states: Vec<_> = one_after_the_other.zip(others).flat_map(<[_; 2]>::from).collect();
    for (state, outcome) in states.iter().zip(store.write_states(&states)) {
        outcome.unwrap_or_else(|error| panic!("{state:?}: {error}"));
    }
    assert_eq!(store.get_latest_state("busy").unwrap().unwrap().version_number, 50);
    assert_eq!(keyspace.rows().len(), 51);
}

#[test]
fn a_stale_item_is_a_conflict_and_those_around_it_are_written() {
    let keyspace = Keyspace::unmade();
    let store = versioned(&keyspace);
    store.write_state(&account("stale", 9, 1)).unwrap();
    // Of one entity: one stale item, and one whose version no row can have.
    let versions = [1, 2, 5, 3, 5, u64::MAX, 6];
    let entity = versions.map(|version| account("account-42", version, 1));
    let states: Vec<_> = entity.into_iter().chain([account("stale", 8, 2), in_shards(1, 1)]).collect();
    let mut outcomes = store.write_states(&states);
    for (at, stored, id) in [(7, 9, "stale"), (3, 5, "account-42")] {
        let error = outcomes.remove(at).unwrap_err();
        assert_error(&error, ErrorKind::Conflict, "write_states", id);
        assert_eq!(error.stored_version(), Some(stored), "{error}");
        assert!(!error.is_indeterminate());
    }
    // The sixth of the input; one before it was taken out.
    assert_error(&outcomes.remove(4).unwrap_err(), ErrorKind::InvalidState, "write_states", "account-42");
    for outcome in outcomes {
        outcome.unwrap();
    }
    let stored = ["account-42", "stale", "account-1"].map(|id| store.get_latest_state(id).unwrap().unwrap());
    assert_eq!(stored.map(|state| state.version_number), [6, 9, 1]);
}

#[test]
fn no_more_than_max_in_flight_are_with_the_server_at_once() {
    let proxied = Proxied::connected(|config| {
        config.max_in_flight(8).call_timeout(Duration::from_secs(120)).request_timeout(Duration::from_secs(50))
    });
    let [at_server, most] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let holding = Arc::new(AtomicBool::new(true));
    proxied.proxy.hook({
        let (at_server, most, holding) = (Arc::clone(&at_server), Arc::clone(&most), Arc::clone(&holding));
        move |passing| {
            if passing.is_answer_to(opcode::EXECUTE) {
                at_server.fetch_sub(1, SeqCst);
            } else if passing.is_request(opcode::EXECUTE) {
                most.fetch_max(at_server.fetch_add(1, SeqCst) + 1, SeqCst);
                if holding.load(SeqCst) {
                    return Action::Hold;
                }
            }
            Action::Pass
        }
    });
    let outcomes = thread::scope(|scope| {
        let writer = scope.spawn(|| proxied.store.write_states((0..100).map(|number| in_shards(number, 1))));
        eventually("the window is full", || at_server.load(SeqCst) == 8);
        holding.store(false, SeqCst);
        proxied.proxy.release();
        writer.join().unwrap()
    });
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(most.load(SeqCst), 8);
}

#[test]
fn an_item_without_an_answer_does_not_delay_the_others() {
    let proxied = Proxied::connected(|config| {
        config.max_in_flight(8).call_timeout(Duration::from_secs(120)).request_timeout(Duration::from_secs(50))
    });
    let before = proxied.proxy.executes().len();
    proxied.proxy.on_executes([Action::Hold]);
    let outcomes = thread::scope(|scope| {
        let writer = scope.spawn(|| proxied.store.write_states((0..100).map(|number| in_shards(number, 1))));
        eventually("all others are sent", || proxied.proxy.executes().len() >= before + 100);
        proxied.proxy.release();
        writer.join().unwrap()
    });
    assert!(outcomes.iter().all(Result::is_ok));
}

#[test]
fn a_fault_hits_the_item_it_hits() {
    let proxied = Proxied::connected(|config| config.max_attempts(1));
    let is_of = |body: &[u8], id: &str| body.windows(id.len()).any(|part| part == id.as_bytes());
    proxied.proxy.hook(move |passing| {
        let hit = |id| passing.is_request(opcode::EXECUTE) && is_of(passing.frame.body(), id);
        if hit("account-13") {
            forged::unavailable(2, 1)
        } else if hit("account-17") {
            forged::write_timeout(2, 1, "SIMPLE")
        } else {
            Action::Pass
        }
    });
    let outcomes = proxied.store.write_states((0..40).map(|number| in_shards(number, 1)));
    for (number, outcome) in outcomes.into_iter().enumerate() {
        match number {
            13 => {
                let error = outcome.unwrap_err();
                assert_error(&error, ErrorKind::Unavailable, "write_states", "account-13");
                assert!(!error.is_indeterminate());
            }
            17 => {
                let error = outcome.unwrap_err();
                assert_error(&error, ErrorKind::Timeout, "write_states", "account-17");
                assert!(error.is_indeterminate());
            }
            _ => outcome.unwrap(),
        }
    }
    let outcomes = proxied.store.get_latest_states((0..40).map(id).collect::<Vec<_>>().iter());
    let failed = outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_err()).map(|(number, _)| number);
    assert_eq!(failed.collect::<Vec<_>>(), [13, 17]);
    assert_eq!(proxied.keyspace.rows().len(), 38);
}

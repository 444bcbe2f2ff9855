//! Claims of many stores at once.

use std::{
    sync::{Barrier, Mutex},
    thread,
};

use durable_store::{DurableStore, ErrorKind};

use super::{CHANGES, ID, reads, two_stores};
use crate::harness::{
    Keyspace, RawRow, account, eventually, owned,
    proxy::{Action, Proxied},
};

const CLAIMERS: usize = 16;

fn epoch(keyspace: &Keyspace) -> i64 {
    keyspace.cql("SELECT owner_epoch FROM {table}").text(0, 0).unwrap().parse().unwrap()
}

/// Each store that is not fenced now: one at most.
fn owners(stores: &[DurableStore], version: u64) -> Vec<usize> {
    let written = stores.iter().map(|store| store.write_state(&account(ID, version, 1)));
    let owners = written.enumerate().filter_map(|(number, outcome)| match outcome {
        Ok(()) => Some(number),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Fenced, "{error}");
            None
        }
    });
    owners.collect()
}

#[test]
fn each_of_16_racing_claimers_gets_a_higher_epoch_of_its_own() {
    let keyspace = Keyspace::versioned();
    let stores: Vec<_> = (0..CLAIMERS)
        .map(|_| keyspace.connected_with(|config| owned(config).pool_size(2).core_connections_per_host(1)))
        .collect();
    for round in 1..=5 {
        let start = Barrier::new(CLAIMERS);
        // Each claim that succeeds, by the epoch that is seen when it has.
        let ended = Mutex::new(0);
        thread::scope(|scope| {
            for store in &stores {
                let (start, ended) = (&start, &ended);
                scope.spawn(move || {
                    start.wait();
                    store.get_latest_state(ID).unwrap();
                    *ended.lock().unwrap() += 1;
                });
            }
        });
        assert_eq!(ended.into_inner().unwrap(), CLAIMERS);
        assert_eq!(owners(&stores, round).len(), 1, "round {round}");
    }
}

#[test]
fn claims_of_one_entity_one_after_the_other_count_upwards() {
    let (keyspace, stores) = two_stores();
    let before = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64;
    let mut epochs = Vec::new();
    for round in 0..20 {
        stores[round % 2].get_latest_state(ID).unwrap();
        epochs.push(epoch(&keyspace));
    }
    assert!(epochs.is_sorted_by(|a, b| a < b) && epochs[0] >= before, "{epochs:?}");
    // Ahead of the clock it counts on.
    let ahead = epochs[19] + 1_000_000_000_000;
    keyspace.cql(&format!("UPDATE {{table}} SET owner_epoch = {ahead} WHERE persistence_id = '{ID}'"));
    stores[0].get_latest_state(ID).unwrap();
    assert_eq!(epoch(&keyspace), ahead + 1);
}

/// An actor that is read again while it writes is one owner.
#[test]
fn a_store_that_claims_again_does_not_fence_itself() {
    const WRITES: u64 = 200;
    let (keyspace, [store, other]) = two_stores();
    store.get_latest_state(ID).unwrap();
    thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for _ in 0..50 {
                store.get_latest_state(ID).unwrap();
            }
        });
        for version in 1..=WRITES {
            store.write_state(&account(ID, version, 1)).unwrap();
        }
        reader.join().unwrap();
    });
    super::assert_stored(&keyspace, WRITES);
    other.get_latest_state(ID).unwrap();
    for (_, change) in CHANGES {
        super::assert_fenced(change(&store));
    }
}

/// A write that began before another store claimed the entity is not made again with a later claim of its own store.
#[test]
fn a_write_does_not_outlive_a_claim_of_another_store() {
    let proxied = Proxied::owned(|config| config);
    let other = proxied.keyspace.connected_with(owned);
    for (operation, change) in CHANGES {
        proxied.keyspace.cql("TRUNCATE {table}");
        proxied.store.get_latest_state(ID).unwrap();
        proxied.store.write_state(&account(ID, 7, 7)).unwrap();
        proxied.proxy.on_executes(vec![Action::Pass; reads(operation)].into_iter().chain([Action::Hold]));
        thread::scope(|scope| {
            let held = scope.spawn(|| change(&proxied.store));
            eventually("the write is under way", || proxied.proxy.held() == 1);
            // The other store takes the entity and writes it, and the first store claims it again.
            other.get_latest_state(ID).unwrap();
            other.write_state(&account(ID, 7, -1)).unwrap();
            let claimed = proxied.store.get_latest_state(ID).unwrap().unwrap();
            assert_eq!(claimed.resulting_state, account(ID, 7, -1).resulting_state);
            proxied.proxy.release_first();
            let error = held.join().unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Fenced, "{operation}: {error}");
        });
        proxied.store.write_state(&account(ID, 8, 1)).unwrap();
    }
}

/// What the owner wrote, also under the same version, is what the next owner reads.
#[test]
fn a_claim_returns_what_the_owner_wrote_last() {
    let (_keyspace, [first, second]) = two_stores();
    for round in 1..=40 {
        first.get_latest_state(ID).unwrap();
        let (acknowledged, read) = thread::scope(|scope| {
            let claim = scope.spawn(|| second.get_latest_state(ID).unwrap());
            let mut acknowledged = None;
            for cents in 0..20 {
                let state = account(ID, round, cents).with_timestamp(7);
                match first.write_state(&state) {
                    Ok(()) => acknowledged = Some(state),
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::Fenced, "{error}");
                        break;
                    }
                }
            }
            (acknowledged, claim.join().unwrap())
        });
        // The last one that was acknowledged, or, if it was claimed at once, that of the round before.
        if acknowledged.is_some() {
            assert_eq!(read.map(|state| state.resulting_state), acknowledged.map(|state| state.resulting_state));
        }
    }
}

#[test]
fn a_row_that_cannot_be_read_stays_with_its_owner() {
    let (keyspace, [first, second]) = two_stores();
    first.get_latest_state(ID).unwrap();
    let held = epoch(&keyspace);
    keyspace.insert(&RawRow { state_payload: Some(b"\xff".to_vec()), ..RawRow::of(ID) });
    assert_eq!(second.get_latest_state(ID).unwrap_err().kind(), ErrorKind::Corrupt);
    assert_eq!(epoch(&keyspace), held);
    keyspace.cql(&format!("UPDATE {{table}} SET owner_epoch = {} WHERE persistence_id = '{ID}'", i64::MAX));
    keyspace.insert(&RawRow::of(ID));
    let error = second.get_latest_state(ID).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(error.to_string().contains("owner_epoch"), "{error}");
}

#[test]
fn any_state_can_be_claimed() {
    let (keyspace, [store, _]) = two_stores();
    for row in [
        RawRow { state_payload: None, ..RawRow::of(ID) },
        RawRow { state_payload: Some(vec![]), ..RawRow::of(ID) },
        RawRow { timestamp: None, shard_number: None, ..RawRow::of(ID) },
        RawRow { version_number: Some(-1), timestamp: Some(i64::MIN), ..RawRow::of(ID) },
        RawRow { state_payload: Some(vec![7; 1 << 20]), state_manifest: Some("bank.A".into()), ..RawRow::of(ID) },
    ] {
        keyspace.insert(&row);
        let stored = store.get_latest_state(ID).unwrap().unwrap();
        assert_eq!(stored.version_number, row.version_number.unwrap().cast_unsigned());
    }
}

//! `update`: read, changed by the caller, and written if it is still the same.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use durable_store::{ConfigBuilder, DurableState, DurableStore, Error, ErrorKind, Layout, Result, TypedState, prost};

use crate::harness::{
    Account, Keyspace, account, owned,
    proxy::{Action, Proxied, forged, opcode},
    versioned,
};

const ID: &str = "account-42";

type Settings = fn(ConfigBuilder) -> ConfigBuilder;

const BOTH_MODES: [Settings; 2] = [versioned, owned];

/// The version that follows, of a state of this entity.
fn next(state: Option<&DurableState>) -> u64 {
    state.map_or(1, |state| state.version_number + 1)
}

#[test]
fn an_update_creates_changes_or_leaves_a_state() {
    for mode in BOTH_MODES {
        let keyspace = Keyspace::versioned();
        let store = keyspace.connected_with(mode);
        assert_eq!(store.update(ID, Ok).unwrap(), None);
        for version in 1..=3 {
            let updated = store.update(ID, |state| {
                assert_eq!(state.as_ref().map(|state| state.version_number), (version > 1).then_some(version - 1));
                Ok(Some(account(ID, next(state.as_ref()), 1)))
            });
            let updated = updated.unwrap();
            assert_eq!(updated.as_ref().unwrap().version_number, version);
            assert_eq!(store.get_latest_state(ID).unwrap(), updated);
        }
        let left = store.update(ID, |_| Ok(None)).unwrap();
        assert_eq!(left, store.get_latest_state(ID).unwrap());
        // What is returned is what a read returns.
        let empty = DurableState { persistence_id: ID.into(), version_number: 4, ..DurableState::default() };
        let updated = store.update(ID, |_| Ok(Some(empty.clone()))).unwrap();
        assert_eq!(store.get_latest_state(ID).unwrap(), updated);
        // After a delete there is no state, and the version counts on.
        store.delete_state(ID).unwrap();
        let error = store.update(ID, |state| Ok(Some(account(ID, next(state.as_ref()), 1)))).unwrap_err();
        assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, Some(4)), "{error}");
        assert!(error.to_string().contains("deleted at version 4"), "{error}");
        assert!(store.update(ID, |_| Ok(Some(account(ID, 5, 1)))).unwrap().is_some());
    }
}

#[test]
fn the_error_of_the_change_is_returned_as_it_is() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    store.write_state(&account(ID, 7, 1)).unwrap();
    for kind in [ErrorKind::Conflict, ErrorKind::Timeout, ErrorKind::Internal] {
        let own = || Error::new(kind, "the account is closed").with_stored_version(Some(99));
        let mut calls = 0;
        let error = store
            .update(ID, |_| {
                calls += 1;
                Err(own())
            })
            .unwrap_err();
        assert_eq!((format!("{error:?}"), calls), (format!("{:?}", own()), 1));
    }
    assert_eq!(store.get_latest_state(ID).unwrap().unwrap().version_number, 7);
}

#[test]
fn what_cannot_be_written_is_refused_and_named() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(versioned);
    store.write_state(&account(ID, 7, 1)).unwrap();
    for (new, field) in [(account("other", 8, 1), "persistence_id: "), (account(ID, 7, 1), "version_number: ")] {
        let error = store.update(ID, |_| Ok(Some(new.clone()))).unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::InvalidState, Some("update")), "{error}");
        assert!(error.to_string().contains(field), "{error}");
    }
    assert_eq!(store.update("", |_| Ok(None)).unwrap_err().kind(), ErrorKind::InvalidState);
    let plain = Keyspace::with_table(Layout::ById);
    let error = plain.store().update(ID, |_| panic!("not called")).unwrap_err();
    assert_eq!((error.kind(), error.persistence_id()), (ErrorKind::Config, Some(ID)), "{error}");
}

#[test]
fn a_change_sees_what_another_writer_stored_first() {
    for mode in BOTH_MODES {
        let keyspace = Keyspace::versioned();
        let store = keyspace.connected_with(mode);
        let other = keyspace.connected_with(versioned);
        let mut seen = Vec::new();
        let updated = store.update(ID, |state| {
            seen.push(state.as_ref().map(|state| state.version_number));
            if seen.len() < 4 {
                other.write_state(&account(ID, seen.len() as u64 * 10, 1)).unwrap();
            }
            Ok(Some(account(ID, next(state.as_ref()), 1)))
        });
        assert_eq!(updated.unwrap().unwrap().version_number, 31);
        assert_eq!(seen, [None, Some(10), Some(20), Some(30)]);
    }
}

/// A writer may store the same version again, as eGo does when an entity stops.
#[test]
fn an_update_does_not_overwrite_what_it_has_not_seen() {
    for mode in BOTH_MODES {
        let keyspace = Keyspace::versioned();
        let store = keyspace.connected_with(mode);
        let other = keyspace.connected_with(versioned);
        // Go programs leave the payload of an empty state null.
        for null in [false, true] {
            let id = format!("{ID}-{null}");
            other.write_state(&account(&id, 7, 1)).unwrap();
            if null {
                keyspace
                    .cql(&format!("UPDATE {{table}} SET state_payload = null WHERE persistence_id = '{id}' IF EXISTS"));
            }
            let mut seen = Vec::new();
            let updated = store.update(&id, |state| {
                seen.push(state.unwrap().resulting_state);
                if seen.len() == 1 {
                    other.write_state(&account(&id, 7, -1)).unwrap();
                }
                Ok(Some(account(&id, 8, 1)))
            });
            assert_eq!(updated.unwrap().unwrap().version_number, 8);
            assert_eq!((seen.len(), &seen[1]), (2, &account(&id, 7, -1).resulting_state));
        }
    }
}

#[test]
fn an_update_keeps_its_claim_if_another_thread_releases_it() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(owned);
    let updated = store.update(ID, |state| {
        store.release(ID);
        Ok(Some(account(ID, next(state.as_ref()), 1)))
    });
    assert_eq!(updated.unwrap().unwrap().version_number, 1);
}

#[test]
fn an_update_ends_when_others_keep_changing_the_entity() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(|config| versioned(config).call_timeout(Duration::from_secs(1)));
    let other = keyspace.connected_with(versioned);
    let error = store
        .update(ID, |state| {
            other.write_state(&account(ID, next(state.as_ref()), 1)).unwrap();
            Ok(Some(account(ID, next(state.as_ref()), 2)))
        })
        .unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::Timeout, Some("update")), "{error}");
    assert!(error.is_retryable() && !error.is_indeterminate(), "{error}");
}

#[test]
fn a_change_that_takes_all_the_time_writes_nothing() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(|config| versioned(config).call_timeout(Duration::from_secs(1)));
    let error = store
        .update(ID, |_| {
            thread::sleep(Duration::from_millis(1_100));
            Ok(Some(account(ID, 1, 1)))
        })
        .unwrap_err();
    assert_eq!((error.kind(), error.is_indeterminate()), (ErrorKind::Timeout, false), "{error}");
    assert!(error.to_string().contains("nothing was written: the change of the caller"), "{error}");
    assert_eq!(store.get_latest_state(ID).unwrap(), None);
}

#[test]
fn an_unknown_outcome_is_reported_and_not_changed_again() {
    let proxied = Proxied::versioned(|config| config.max_attempts(1).core_connections_per_host(16));
    proxied.store.write_state(&account(ID, 7, 1)).unwrap();
    // The read, then the write, then the read that decides.
    proxied.proxy.on_executes([Action::Pass, forged::write_timeout(2, 1, "CAS"), forged::read_timeout(2, 1)]);
    let mut calls = 0;
    let error = proxied
        .store
        .update(ID, |state| {
            calls += 1;
            Ok(Some(account(ID, next(state.as_ref()), 1)))
        })
        .unwrap_err();
    assert_eq!((error.kind(), error.is_indeterminate(), calls), (ErrorKind::Timeout, true, 1), "{error}");
    // One whose read decides is none.
    proxied.proxy.on_executes([Action::Pass, Action::Pass]);
    proxied.proxy.on_answers([Action::Pass, Action::Close]);
    let updated = proxied.store.update(ID, |state| Ok(Some(account(ID, next(state.as_ref()), 1)))).unwrap();
    assert_eq!(updated.unwrap().version_number, 8);
}

/// A change holds no lease.
#[test]
fn a_change_may_call_the_store() {
    let keyspace = Keyspace::versioned();
    let store = keyspace.connected_with(|config| versioned(config).pool_size(1));
    let updated = store.update(ID, |_| {
        store.write_state(&account("account-43", 1, 1))?;
        store.update("account-44", |_| Ok(Some(account("account-44", 1, 1))))?;
        Ok(Some(account(ID, 1, 1)))
    });
    assert!(updated.unwrap().is_some());
    assert_eq!(store.all_states().count(), 3);
}

#[test]
fn a_typed_update_decodes_and_encodes() {
    let keyspace = Keyspace::versioned();
    let typed = keyspace.connected_with(versioned).typed::<Account>();
    let deposit = |state: Option<TypedState<Account>>| {
        let (version, mut message) =
            state.map_or((0, Account::default()), |state| (state.version_number, state.message));
        message.balance_cents += 10;
        Ok(Some(TypedState::new(ID, version + 1, message)))
    };
    for version in 1..=3 {
        let updated = typed.update(ID, deposit).unwrap().unwrap();
        assert_eq!((updated.version_number, updated.message.balance_cents), (version, version as i64 * 10));
    }
    typed.store().write_state(&DurableState::new(ID, 4, &prost_types())).unwrap();
    assert_eq!(typed.update(ID, deposit).unwrap_err().kind(), ErrorKind::InvalidState);
}

fn prost_types() -> durable_store::prost_types::Timestamp {
    durable_store::prost_types::Timestamp::default()
}

/// A number that many add to, and the last addition of each of them.
#[derive(Clone, PartialEq, prost::Message)]
struct Counter {
    #[prost(int64, tag = "1")]
    value: i64,
    #[prost(map = "uint32, uint64", tag = "2")]
    last_additions: HashMap<u32, u64>,
}

impl prost::Name for Counter {
    const PACKAGE: &'static str = "bank";
    const NAME: &'static str = "Counter";
}

const WRITERS: u32 = 16;
const ADDITIONS: u64 = 50;

/// Adds one exactly once. After an unknown outcome, what is stored tells whether this addition is in it.
fn add_one(store: &DurableStore, writer: u32, addition: u64, unknown: &AtomicUsize) {
    let add = |state: Option<DurableState>| -> Result<Option<DurableState>> {
        let mut counter: Counter = state.as_ref().map(DurableState::to_msg).transpose()?.unwrap_or_default();
        if counter.last_additions.insert(writer, addition) == Some(addition) {
            return Ok(None);
        }
        counter.value += 1;
        Ok(Some(DurableState::new(ID, next(state.as_ref()), &counter)))
    };
    while let Err(error) = store.update(ID, add) {
        assert!(error.is_indeterminate() || error.is_retryable(), "{error}");
        unknown.fetch_add(usize::from(error.is_indeterminate()), Ordering::Relaxed);
    }
}

/// Has all writers add, and returns how many outcomes were unknown.
fn count_on(store: &DurableStore) -> usize {
    let unknown = AtomicUsize::new(0);
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let unknown = &unknown;
            scope.spawn(move || (1..=ADDITIONS).for_each(|addition| add_one(store, writer, addition, unknown)));
        }
    });
    let total = u64::from(WRITERS) * ADDITIONS;
    let last = store.get_latest_state(ID).unwrap().unwrap();
    let counter: Counter = last.to_msg().unwrap();
    assert_eq!((counter.value.cast_unsigned(), last.version_number), (total, total));
    unknown.into_inner()
}

#[test]
fn additions_of_16_threads_are_all_counted() {
    for mode in BOTH_MODES {
        let keyspace = Keyspace::versioned();
        assert_eq!(count_on(&keyspace.connected_with(mode)), 0);
    }
}

#[test]
fn additions_count_once_while_connections_are_cut() {
    const FRAMES_BETWEEN_CUTS: usize = 61;
    let proxied = Proxied::versioned(|config| config.max_attempts(1).core_connections_per_host(4));
    let mut frames = 0;
    proxied.proxy.hook(move |passing| {
        if passing.request != opcode::EXECUTE {
            return Action::Pass;
        }
        frames += 1;
        if frames % FRAMES_BETWEEN_CUTS == 0 { Action::Close } else { Action::Pass }
    });
    assert!(count_on(&proxied.store) > 0, "no outcome was ever unknown");
}

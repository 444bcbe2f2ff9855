use prost_types::{Any, Timestamp};

use super::*;

fn connected() -> MemoryStore {
    let store = MemoryStore::new();
    store.ping().unwrap();
    store
}

#[test]
fn the_last_write_wins_whatever_its_version() {
    let store = connected();
    for version in [2, 1, 1] {
        store.write_state(&DurableState::new("a", version, &Timestamp::default())).unwrap();
        assert_eq!(store.get_latest_state("a").unwrap().unwrap().version_number, version);
    }
    assert_eq!(store.get_latest_state("b").unwrap(), None);
}

#[test]
fn no_state_reads_back_as_an_empty_one() {
    let store = connected();
    store.write_state(&DurableState { persistence_id: "a".into(), ..Default::default() }).unwrap();
    assert_eq!(store.get_latest_state("a").unwrap().unwrap().resulting_state, Some(Any::default()));
}

#[test]
fn a_memory_store_refuses_what_the_table_refuses() {
    let store = connected();
    let state = |id: &str, bytes| DurableState {
        persistence_id: id.into(),
        resulting_state: Some(Any { type_url: "type.googleapis.com/a.B".into(), value: vec![0; bytes] }),
        ..Default::default()
    };
    for refused in [state("", 1), state(&"a".repeat(65_536), 1), state("a", MAX_PAYLOAD_BYTES)] {
        assert_eq!(store.write_state(&refused).unwrap_err().kind(), ErrorKind::InvalidState);
    }
    assert_eq!(store.get_latest_state("").unwrap_err().kind(), ErrorKind::InvalidState);
}

#[test]
fn a_versioned_memory_store_refuses_stale_writes() {
    let store = MemoryStore::versioned();
    store.ping().unwrap();
    let state = |version| DurableState::new("a", version, &Timestamp::default());
    let refused = |outcome: Result<()>, stored| {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.stored_version()), (ErrorKind::Conflict, stored), "{error}");
    };
    refused(store.write_state_if(&state(2), WriteCondition::IfVersion(1)), None);
    refused(store.delete_state_if_version("a", 1), None);
    store.write_state_if(&state(1), WriteCondition::IfAbsent).unwrap();
    refused(store.write_state_if(&state(1), WriteCondition::IfAbsent), Some(1));
    store.write_state_if(&state(3), WriteCondition::IfVersion(1)).unwrap();
    refused(store.write_state(&state(2)), Some(3));
    store.write_state(&state(3)).unwrap();
    refused(store.delete_state_if_version("a", 1), Some(3));
}

#[test]
fn a_versioned_memory_store_keeps_the_version_of_a_delete() {
    let store = MemoryStore::versioned();
    store.ping().unwrap();
    let state = |version| DurableState::new("a", version, &Timestamp::default());
    store.write_state(&state(3)).unwrap();
    store.delete_state_if_version("a", 3).unwrap();
    store.delete_state("a").unwrap();
    assert_eq!(store.get_latest_state("a").unwrap(), None);
    for refused in [
        store.write_state(&state(3)),
        store.write_state_if(&state(3), WriteCondition::IfAbsent),
        store.write_state_if(&state(4), WriteCondition::IfVersion(3)),
        store.delete_state_if_version("a", 3),
    ] {
        assert_eq!(refused.unwrap_err().stored_version(), Some(3));
    }
    store.write_state_if(&state(4), WriteCondition::IfAbsent).unwrap();
    store.delete_state("a").unwrap();
    store.write_state(&state(5)).unwrap();
    store.forget_state("a").unwrap();
    store.write_state(&state(1)).unwrap();
    assert_eq!(connected().forget_state("a").unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn conditions_need_a_versioned_store() {
    let store = connected();
    let state = DurableState::new("a", 1, &Timestamp::default());
    for outcome in [store.write_state_if(&state, WriteCondition::IfAbsent), store.delete_state_if_version("a", 1)] {
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Config);
    }
}

#[test]
fn bad_input_is_refused_before_the_connection_is_checked() {
    let state = DurableState::new("a", 1 << 63, &Timestamp::default());
    for (store, kind) in [(MemoryStore::new(), ErrorKind::Config), (MemoryStore::versioned(), ErrorKind::InvalidState)]
    {
        for connected in [false, true] {
            let refused = [
                store.write_state_if(&state, WriteCondition::IfAbsent),
                store.delete_state_if_version("a", state.version_number),
            ];
            for outcome in refused {
                assert_eq!(outcome.unwrap_err().kind(), kind, "{connected}");
            }
            store.connect().unwrap();
        }
    }
}

#[test]
fn calls_need_a_connection_and_states_outlive_it() {
    let store = connected();
    store.write_state(&DurableState::new("a", 1, &Timestamp::default())).unwrap();
    store.disconnect().unwrap();
    let error = store.get_latest_state("a").unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::NotConnected, Some("get_latest_state")));
    store.connect().unwrap();
    assert!(store.get_latest_state("a").unwrap().is_some());
}

#[test]
fn an_update_in_memory_does_not_overwrite_what_it_has_not_seen() {
    let store = MemoryStore::versioned();
    store.connect().unwrap();
    let state = |version_number, timestamp| DurableState {
        persistence_id: "account-42".into(),
        version_number,
        timestamp,
        ..DurableState::default()
    };
    store.write_state(&state(7, 1)).unwrap();
    let mut seen = Vec::new();
    let updated = store.update("account-42", &mut |current| {
        seen.push(current.unwrap().timestamp);
        if seen.len() == 1 {
            store.write_state(&state(7, 2))?;
        }
        Ok(Some(state(8, 3)))
    });
    assert_eq!((updated.unwrap().unwrap().version_number, seen), (8, vec![1, 2]));
}

#[test]
fn what_a_memory_store_has_forgotten_another_can_forget_too() {
    let (first, second) = {
        let store = MemoryStore::owned();
        (store.another(), store)
    };
    for store in [&first, &second] {
        store.connect().unwrap();
        store.get_latest_state("a").unwrap();
    }
    assert_eq!(first.forget_state("a").unwrap_err().kind(), ErrorKind::Fenced);
    second.forget_state("a").unwrap();
    first.forget_state("a").unwrap();
    assert_eq!(first.forget_state("a").unwrap_err().kind(), ErrorKind::InvalidState);
}

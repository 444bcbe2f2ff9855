//! This library reads what the Go program writes, and the reverse: every boundary value, every field, every byte.

use durable_store::{DurableState, ErrorKind, Layout, prost::Message};

use crate::{
    boundary_values::{IDS, LONGEST, LONGEST_INDEXED, NUMBERS},
    golden::{as_read, golden},
    harness::{BOTH_LAYOUTS, Keyspace, Peer, RawRow, account},
    payloads::{not_restorable, restorable},
};

/// States at the edges of what each field can be, no two of the same id.
fn edge_states(layout: Layout) -> Vec<DurableState> {
    let longest = if layout == Layout::ByShard { LONGEST_INDEXED } else { LONGEST };
    let numbers = NUMBERS.map(|(version, timestamp, shard)| {
        account(&format!("account-{version}"), version, i64::MIN).with_timestamp(timestamp).with_shard(shard)
    });
    let ids = IDS.into_iter().map(|id| account(id, 1, 1)).chain([account(&"ж".repeat(longest / 2), 1, 1)]);
    let original = golden().into_iter().map(|golden| golden.state);
    numbers.into_iter().chain(ids).chain(restorable()).chain(not_restorable()).chain(original).collect()
}

/// The row of a state, from what the original is known to do and not from our own codec.
fn row_of(state: &DurableState) -> RawRow {
    RawRow {
        version_number: Some(state.version_number.cast_signed()),
        persistence_id: state.persistence_id.clone(),
        state_payload: Some(state.resulting_state.clone().unwrap_or_default().encode_to_vec()),
        state_manifest: Some("google.protobuf.Any".into()),
        timestamp: Some(state.timestamp),
        shard_number: Some(state.shard.cast_signed()),
    }
}

#[test]
fn go_writes_and_we_read() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let Some(mut peer) = Peer::start(&keyspace) else { return };
        let store = keyspace.connected();
        for state in edge_states(layout) {
            peer.write(&state);
            let case = format!("{layout:?} {:.40?}", state.persistence_id);
            for read in [store.get_latest_state(&state.persistence_id), store.get_latest_state(&state)] {
                let read = read.unwrap().unwrap_or_else(|| panic!("{case} is not there"));
                assert_eq!(read, as_read(&state), "{case}");
                let of_go = peer.read(&state.persistence_id, Some(state.shard).filter(|_| layout == Layout::ByShard));
                assert!(read.encode_to_vec() == of_go.unwrap().wire, "{case}: another DurableState on the wire");
            }
        }
    }
}

#[test]
fn we_write_and_go_reads() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let Some(mut peer) = Peer::start(&keyspace) else { return };
        let store = keyspace.connected();
        for state in edge_states(layout) {
            store.write_state(&state).unwrap();
            let case = format!("{layout:?} {:.40?}", state.persistence_id);
            // By id alone, the original's own statement, needs the index on a table keyed by shard.
            let shards = if layout == Layout::ByShard { vec![None, Some(state.shard)] } else { vec![None] };
            for shard in shards {
                let read = peer.read(&state.persistence_id, shard).unwrap_or_else(|| panic!("{case} is not there"));
                assert!(read.wire == as_read(&state).encode_to_vec(), "{case}: another DurableState on the wire");
                assert_eq!(read.row, row_of(&state), "{case}");
            }
        }
    }
}

#[test]
fn the_same_states_make_the_same_rows() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let Some(mut peer) = Peer::start(&keyspace) else { return };
        let store = keyspace.connected();
        let states = edge_states(layout);
        states.iter().for_each(|state| peer.write(state));
        let mut of_go = keyspace.rows();
        keyspace.cql("TRUNCATE {table}");
        states.iter().for_each(|state| store.write_state(state).unwrap());
        let ours = keyspace.rows();
        assert_eq!((of_go.len(), ours.len()), (states.len(), states.len()), "{layout:?}");
        let stateless = states.iter().filter(|state| state.resulting_state.is_none());
        let stateless: Vec<_> = stateless.map(|state| &state.persistence_id).collect();
        for (go, our) in of_go.iter_mut().zip(&ours) {
            // The one difference: for no state Go leaves the payload null where ours is empty. Both read as an empty `Any`.
            let is_null = go.state_payload.is_none();
            assert_eq!(is_null, stateless.contains(&&go.persistence_id), "{layout:?} {:.40?}", go.persistence_id);
            go.state_payload.get_or_insert_default();
            assert!(*go == *our, "{layout:?} {:.40?}: the rows differ", go.persistence_id);
        }
    }
}

#[test]
fn a_bulk_call_and_a_scan_see_all_that_go_wrote() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let Some(mut peer) = Peer::start(&keyspace) else { return };
        let store = keyspace.connected();
        let mut states = edge_states(layout);
        states.iter().for_each(|state| peer.write(state));
        let ids = states.iter().map(|state| state.persistence_id.as_str());
        for (read, state) in store.get_latest_states(ids).into_iter().zip(&states) {
            assert_eq!(read.unwrap(), Some(as_read(state)), "{layout:?}");
        }
        let mut scanned: Vec<_> = store.all_states().map(Result::unwrap).collect();
        scanned.sort_by(|a, b| a.persistence_id.cmp(&b.persistence_id));
        states.sort_by(|a, b| a.persistence_id.cmp(&b.persistence_id));
        assert_eq!(scanned, states.iter().map(as_read).collect::<Vec<_>>(), "{layout:?}");
    }
}

#[test]
fn ids_of_go_too_long_for_the_index_are_read_by_shard() {
    let keyspace = Keyspace::with_table(Layout::ByShard);
    let Some(mut peer) = Peer::start(&keyspace) else { return };
    let store = keyspace.connected();
    let id = "x".repeat(LONGEST_INDEXED + 1);
    let state = account(&id, 1, 42).with_shard(7);
    peer.write(&state);
    assert_eq!(store.get_latest_state(&id).unwrap_err().kind(), ErrorKind::InvalidState);
    assert_eq!(store.get_latest_state((7, &id)).unwrap(), Some(state));
}

#[test]
fn ids_that_go_refuses_we_refuse() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let Some(mut peer) = Peer::start(&keyspace) else { return };
    let store = keyspace.connected();
    for id in [String::new(), "x".repeat(LONGEST + 1)] {
        let state = account(&id, 1, 42);
        peer.try_write(&state).unwrap_err();
        assert_eq!(store.write_state(&state).unwrap_err().kind(), ErrorKind::InvalidState);
    }
    assert_eq!(keyspace.rows(), []);
}

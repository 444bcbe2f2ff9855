//! Rows that the Go original wrote, and the states it wrote them from: ours must be the same, byte for byte.

use durable_store::{DurableState, prost::Message};
use serde_json::Value;

use crate::harness::{BOTH_LAYOUTS, Keyspace, RawRow};

const ROWS: &str = include_str!("golden/rows_by_the_go_original.json");

pub(crate) struct Golden {
    note: String,
    /// The encoded `egopb.DurableState`.
    wire: Vec<u8>,
    pub(crate) state: DurableState,
    row: RawRow,
}

pub(crate) fn golden() -> Vec<Golden> {
    let rows: Vec<Value> = serde_json::from_str(ROWS).unwrap();
    assert!(!rows.is_empty());
    rows.iter().map(golden_row).collect()
}

fn golden_row(fields: &Value) -> Golden {
    let number = |name: &str| fields[name].as_i64().unwrap();
    let text = |name: &str| fields[name].as_str().unwrap().to_owned();
    let wire = bytes(&text("egopb_durable_state_hex"));
    Golden {
        note: text("note"),
        state: DurableState::decode(wire.as_slice()).unwrap(),
        wire,
        row: RawRow {
            version_number: Some(number("version_number")),
            persistence_id: text("persistence_id"),
            state_payload: Some(bytes(&text("state_payload_hex"))),
            state_manifest: Some(text("state_manifest")),
            timestamp: Some(number("timestamp")),
            shard_number: Some(number("shard_number")),
        },
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits = |place| u8::from_str_radix(&hex[place..place + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(digits).collect()
}

/// As it reads back: no state is an empty one, as in Go.
pub(crate) fn as_read(state: &DurableState) -> DurableState {
    DurableState { resulting_state: Some(state.resulting_state.clone().unwrap_or_default()), ..state.clone() }
}

#[test]
fn rows_of_the_original_are_read_as_the_states_it_wrote() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        for Golden { note, state, row, .. } in golden() {
            keyspace.insert(&row);
            for read in [store.get_latest_state(&state.persistence_id), store.get_latest_state(&state)] {
                assert_eq!(read.unwrap(), Some(as_read(&state)), "{layout:?} {note}");
            }
        }
    }
}

#[test]
fn our_rows_are_those_of_the_original() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        let store = keyspace.connected();
        let mut expected: Vec<RawRow> = Vec::new();
        for Golden { state, row, .. } in golden() {
            store.write_state(&state).unwrap();
            expected.push(row);
        }
        expected.sort_by(|a, b| a.persistence_id.cmp(&b.persistence_id));
        assert_eq!(keyspace.rows(), expected, "{layout:?}");
    }
}

#[test]
fn our_states_are_those_of_the_original_on_the_wire() {
    for Golden { note, wire, state, .. } in golden() {
        assert_eq!(state.encode_to_vec(), wire, "{note}");
    }
}

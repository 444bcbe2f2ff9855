//! Payloads in both payload formats.

use durable_store::{DurableState, DurableStore, ErrorKind, Layout, PayloadFormat, prost::Message, prost_types::Any};

use crate::harness::{Account, BOTH_LAYOUTS, Keyspace, account, any_of, state_of};

const FORMATS: [PayloadFormat; 2] = [PayloadFormat::Any, PayloadFormat::Message];
const ANY: &str = "google.protobuf.Any";

fn store_writing(keyspace: &Keyspace, format: PayloadFormat) -> DurableStore {
    keyspace.connected_with(|config| config.payload_format(format))
}

/// States whose content both forms can restore.
pub(crate) fn restorable() -> [DurableState; 3] {
    let mebibyte: Vec<u8> = (0..1 << 20).map(|place: u32| (place.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    [
        account("account-42", 1, -1),
        state_of("a value of no bytes", Some(any_of("type.googleapis.com/bank.AccountState", b""))),
        state_of("a mebibyte", Some(any_of("type.googleapis.com/bank.Scan", &mebibyte))),
    ]
}

/// States whose content only the `Any` form can restore.
pub(crate) fn not_restorable() -> [DurableState; 5] {
    [
        state_of("no state", None),
        state_of("empty Any", Some(Any::default())),
        state_of("Any in an Any", Some(any_of("type.googleapis.com/google.protobuf.Any", b"\x0a\x01a"))),
        state_of("another domain", Some(any_of("example.com/bank.AccountState", b"\x08\x01"))),
        state_of("no name", Some(any_of("type.googleapis.com/", b"\x08\x01"))),
    ]
}

#[test]
fn no_state_comes_back_as_an_empty_one_and_all_else_as_it_was() {
    for layout in BOTH_LAYOUTS {
        let keyspace = Keyspace::with_table(layout);
        for format in FORMATS {
            let store = store_writing(&keyspace, format);
            for state in not_restorable().into_iter().chain(restorable()) {
                store.write_state(&state).unwrap();
                let expected = Some(state.resulting_state.clone().unwrap_or_default());
                let read = store.get_latest_state(&state.persistence_id).unwrap();
                assert_eq!(read, Some(DurableState { resulting_state: expected, ..state }), "{layout:?} {format:?}");
            }
        }
    }
}

#[test]
fn a_format_decides_what_is_written_and_not_what_can_be_read() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let state = account("account-42", 1, 4200);
    let any = state.resulting_state.clone().unwrap();
    let [any_store, message_store] = FORMATS.map(|format| store_writing(&keyspace, format));
    for (writer, reader, payload, manifest) in [
        (&any_store, &message_store, any.encode_to_vec(), ANY),
        (&message_store, &any_store, any.value.clone(), "bank.AccountState"),
    ] {
        writer.write_state(&state).unwrap();
        let row = keyspace.rows().remove(0);
        assert_eq!((row.state_payload, row.state_manifest.as_deref()), (Some(payload), Some(manifest)));
        let read = reader.get_latest_state("account-42").unwrap().unwrap();
        assert_eq!(read, state);
        assert_eq!(read.to_msg::<Account>().unwrap().balance_cents, 4200);
    }
}

#[test]
fn the_message_format_falls_back_to_any_if_not_restorable() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let [mut any_rows, message_rows] = FORMATS.map(|format| {
        let store = store_writing(&keyspace, format);
        for state in not_restorable() {
            store.write_state(&state).unwrap();
        }
        keyspace.rows()
    });
    assert_eq!(message_rows, any_rows);
    assert_eq!(any_rows.len(), not_restorable().len());
    any_rows.retain(|row| row.state_manifest.as_deref() != Some(ANY) || row.state_payload.is_none());
    assert_eq!(any_rows, [], "rows in another form than `Any`");
}

#[test]
fn the_limit_is_on_the_payload_as_it_is_stored() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let state = account("account-42", 1, 4200);
    let any = state.resulting_state.clone().unwrap();
    for (format, bytes) in [(PayloadFormat::Any, any.encoded_len()), (PayloadFormat::Message, any.value.len())] {
        let store = |limit| keyspace.connected_with(|config| config.payload_format(format).max_payload_bytes(limit));
        store(bytes).write_state(&state).unwrap();
        let error = store(bytes - 1).write_state(&account("account-42", 2, 4200)).unwrap_err();
        assert_eq!((error.kind(), error.persistence_id()), (ErrorKind::InvalidState, Some("account-42")), "{error}");
        assert_eq!(store(bytes).get_latest_state("account-42").unwrap().as_ref(), Some(&state));
    }
}

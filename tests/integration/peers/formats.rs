//! How the Go program reads what only this library writes.

use durable_store::{DurableState, Layout, PayloadFormat, WriteCondition, prost::Message, prost_types::Timestamp};

use crate::{
    golden::as_read,
    harness::{Keyspace, Peer, account},
    payloads::not_restorable,
};

#[test]
fn go_refuses_bare_messages_and_names_them() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let Some(mut peer) = Peer::start(&keyspace) else { return };
    let messages = keyspace.connected_with(|config| config.payload_format(PayloadFormat::Message));
    let unknown_to_go = account("account-42", 1, 42);
    let known_to_go = DurableState::new("timestamp", 1, &Timestamp { seconds: 42, nanos: 0 });
    for (state, manifest) in [(unknown_to_go, "bank.AccountState"), (known_to_go, "google.protobuf.Timestamp")] {
        messages.write_state(&state).unwrap();
        let error = peer.try_read(&state.persistence_id, None).unwrap_err();
        assert!(error.contains(manifest), "{error}");
        // Written as an `Any` again, it can be read again.
        keyspace.connected().write_state(&state).unwrap();
        assert!(peer.read(&state.persistence_id, None).unwrap().wire == state.encode_to_vec(), "{manifest}");
    }
}

#[test]
fn go_reads_the_message_format_as_an_any() {
    let keyspace = Keyspace::with_table(Layout::ById);
    let Some(mut peer) = Peer::start(&keyspace) else { return };
    let messages = keyspace.connected_with(|config| config.payload_format(PayloadFormat::Message));
    for state in not_restorable() {
        messages.write_state(&state).unwrap();
        let read = peer.read(&state.persistence_id, None).unwrap();
        assert_eq!(read.wire, as_read(&state).encode_to_vec(), "{}", state.persistence_id);
    }
}

#[test]
fn go_reads_what_was_written_under_a_condition() {
    let keyspace = Keyspace::versioned();
    let Some(mut peer) = Peer::start(&keyspace) else { return };
    let store = keyspace.connected_with(crate::harness::versioned);
    for version in 1..10 {
        let state = account("account-42", version, -42);
        let condition = if version == 1 { WriteCondition::IfAbsent } else { WriteCondition::IfVersion(version - 1) };
        store.write_state_if(&state, condition).unwrap();
        assert_eq!(peer.read("account-42", None).unwrap().wire, state.encode_to_vec());
    }
}

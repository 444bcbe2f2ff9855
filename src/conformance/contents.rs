//! What is read is what was written, field by field.

use prost::Message;
use prost_types::Any;

use super::breach::{Breach, Outcome, expect, expect_state, expect_version, message, new_id, ready, state, stored};
use crate::{DurableState, StateStore};

/// An id that storage-attached indexes can still find.
const LONG_ID_BYTES: usize = 8_192;

pub(super) fn an_absent_entity_gives_none<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let id = new_id("account-42");
    let absent = [&id[..id.len() - 1], &format!("{id}1"), &id.to_uppercase(), &format!(" {id}"), &format!("{id} ")];
    store.write_state(&state(&id, 1))?;
    for absent in absent {
        if let Some(seen) = store.get_latest_state(absent)? {
            return Err(Breach::new(format_args!("no state of {absent:?}"), format_args!("{seen:?}")));
        }
    }
    Ok(())
}

pub(super) fn every_version_number_is_kept<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for version in [0, 1, 1 << 32, i64::MAX.cast_unsigned()] {
        let state = state(&new_id("account-42"), version);
        store.write_state(&state)?;
        expect_version(store, &state.persistence_id, Some(version))?;
    }
    Ok(())
}

pub(super) fn every_timestamp_is_kept<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for timestamp in [i64::MIN, -1, 0, 1, i64::MAX] {
        let seen = written_and_read(store, state(&new_id("account-42"), 1).with_timestamp(timestamp))?;
        expect("timestamp", &timestamp, &seen.timestamp)?;
    }
    Ok(())
}

pub(super) fn every_shard_is_kept<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for shard in [0, 1, 1 << 63, u64::MAX] {
        let seen = written_and_read(store, state(&new_id("account-42"), 1).with_shard(shard))?;
        expect("shard", &shard, &seen.shard)?;
    }
    Ok(())
}

pub(super) fn every_payload_is_kept<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let any = |type_url: &str, value: &[u8]| Any { type_url: type_url.to_owned(), value: value.to_owned() };
    for resulting_state in [
        message(b"\x08\x2a"),
        message(b""),
        message(b"\xff\0'; no message"),
        message(&vec![0xa5; 1 << 20]),
        any("example.com/bank.Account", b"\x08\x2a"),
        any("/bank.Account", b"\x08\x2a"),
        any("bank.Account", b"\x08\x2a"),
        any("", b"\x08\x2a"),
        any("type.googleapis.com/", b"\x08\x2a"),
        any("type.googleapis.com/google.protobuf.Any", &message(b"\x08\x2a").encode_to_vec()),
    ] {
        let written =
            DurableState { resulting_state: Some(resulting_state.clone()), ..state(&new_id("account-42"), 1) };
        let seen = written_and_read(store, written)?;
        expect_state("resulting_state", &resulting_state, &seen)?;
    }
    Ok(())
}

pub(super) fn every_persistence_id_is_kept<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let prefix = new_id("");
    // Each differs from another only in what a store may be tempted to cut off, escape or normalize.
    let ids = ["a", "a\0", "a\0b", "a\n", "a'", "a\"", "a%00", "a\\0", "a?", "счёт", "e\u{301}", "\u{e9}", "🚀"]
        .map(|id| format!("{prefix}{id}"));
    for (version, id) in (1..).zip(&ids) {
        store.write_state(&state(id, version))?;
    }
    for (version, id) in (1..).zip(&ids) {
        let seen = stored(store, id)?;
        expect("persistence_id", id, &seen.persistence_id)?;
        expect(format_args!("the version number of {id:?}"), &version, &seen.version_number)?;
    }
    Ok(())
}

pub(super) fn a_long_persistence_id_is_kept<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    let prefix = new_id("");
    let ids = ["x", "y"].map(|last| format!("{prefix:a<width$}{last}", width = LONG_ID_BYTES - 1));
    for (version, id) in (1..).zip(&ids) {
        store.write_state(&state(id, version))?;
    }
    for (version, id) in (1..).zip(&ids) {
        let seen = stored(store, id)?;
        expect("the length of persistence_id", &id.len(), &seen.persistence_id.len())?;
        expect("the version number", &version, &seen.version_number)?;
    }
    Ok(())
}

pub(super) fn no_state_reads_back_as_an_empty_one<S: StateStore + ?Sized>(store: &S) -> Outcome {
    ready(store)?;
    for resulting_state in [None, Some(Any::default())] {
        let seen = written_and_read(store, DurableState { resulting_state, ..state(&new_id("account-42"), 1) })?;
        expect_state("resulting_state", &Any::default(), &seen)?;
    }
    Ok(())
}

fn written_and_read<S: StateStore + ?Sized>(store: &S, written: DurableState) -> Outcome<DurableState> {
    store.write_state(&written)?;
    stored(store, &written.persistence_id)
}

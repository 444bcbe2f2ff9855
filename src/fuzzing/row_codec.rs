//! Rows with any cells.

use crate::{
    ErrorKind, Layout, PayloadFormat,
    state::type_url,
    table::row::{self, StoredRow},
};

/// Decodes any rows: each is a state, absent or corrupt, and a state survives being written and read again, in both
/// formats and both layouts. The newest of all rows is found in any order of them.
///
/// The bytes are a persistence id, with its length in one byte before it, and rows as `next_row` takes them.
///
/// # Panics
/// Where that does not hold.
pub fn row_codec(bytes: &[u8]) {
    let mut bytes = bytes;
    let persistence_id = text(&mut bytes);
    let rows: Vec<StoredRow<'_>> = std::iter::from_fn(|| next_row(&mut bytes)).collect();
    for layout in [Layout::ByShard, Layout::ById] {
        for row in &rows {
            check_row(row, &persistence_id, layout);
        }
    }
    check_newest(&rows);
}

fn check_row(row: &StoredRow<'_>, persistence_id: &str, layout: Layout) {
    let state = match row::decode(row.clone(), persistence_id, layout) {
        Ok(Some(state)) => state,
        Ok(None) => return assert!(holds_nothing(row), "a row with content is absent: {row:?}"),
        Err(error) => return assert_eq!(error.kind(), ErrorKind::Corrupt, "{row:?}: {error}"),
    };
    assert_eq!(state.persistence_id, persistence_id);
    for format in [PayloadFormat::Any, PayloadFormat::Message] {
        let again = row::decode(StoredRow::from(row::encode(&state, format)), persistence_id, layout);
        assert!(matches!(&again, Ok(Some(again)) if *again == state), "{row:?} as {format}: {state:?}, then {again:?}");
    }
    let _ = state.to_msg::<String>();
}

fn check_newest(rows: &[StoredRow<'_>]) {
    let forwards = row::newest(rows.iter().cloned());
    let backwards = row::newest(rows.iter().rev().cloned());
    match (forwards, backwards) {
        (Ok(Some(one)), Ok(Some(other))) => {
            assert_eq!(age(&one), age(&other), "the newest depends on the order: {rows:?}");
            let older = |row: &StoredRow<'_>| holds_nothing(row) || age(row) <= age(&one);
            assert!(rows.iter().all(older), "{one:?} is not the newest of {rows:?}");
        }
        (Ok(None), Ok(None)) => assert!(rows.iter().all(holds_nothing), "none is the newest of {rows:?}"),
        (Err(one), Err(other)) => {
            assert_eq!([one.kind(), other.kind()], [ErrorKind::Corrupt; 2], "{rows:?}");
            assert!(rows.iter().any(|row| row.version_number.is_none()), "{rows:?}: {one}");
        }
        outcomes => panic!("{rows:?}: {outcomes:?}"),
    }
}

/// What makes a row newer than another.
fn age(row: &StoredRow<'_>) -> (Option<u64>, i64, i64, u64) {
    (
        row.version_number.map(i64::cast_unsigned),
        row.timestamp.unwrap_or_default(),
        row.written_at.unwrap_or_default(),
        row.shard_number.unwrap_or_default().cast_unsigned(),
    )
}

/// Whether nothing is left of the row but what can be its key.
fn holds_nothing(row: &StoredRow<'_>) -> bool {
    row.version_number.is_none()
        && row.state_payload.is_none()
        && row.state_manifest.is_none()
        && row.timestamp.is_none()
}

/// One row: a byte whose bits tell which cells are not null (version 1, payload 2, manifest 4, timestamp 8,
/// shard 16, time of writing 32) and that the manifest is the one of an `Any` (64), then those cells in that order.
/// Numbers have 8 bytes, the lowest first; a payload and a manifest have their length in one byte before them.
fn next_row(bytes: &mut &[u8]) -> Option<StoredRow<'static>> {
    let flags = *bytes.split_off_first()?;
    let has = |bit: u8| flags & bit != 0;
    Some(StoredRow {
        version_number: has(1).then(|| number(bytes)),
        state_payload: has(2).then(|| counted(bytes).to_vec().into()),
        state_manifest: has(4).then(|| if has(64) { type_url::ANY.into() } else { text(bytes).into() }),
        timestamp: has(8).then(|| number(bytes)),
        shard_number: has(16).then(|| number(bytes)),
        written_at: has(32).then(|| number(bytes)),
        owner_epoch: None,
    })
}

fn number(bytes: &mut &[u8]) -> i64 {
    let taken = bytes.split_off(..bytes.len().min(8)).unwrap_or_default();
    let lowest_first = taken.iter().rev();
    lowest_first.fold(0_u64, |number, byte| number << 8 | u64::from(*byte)).cast_signed()
}

fn text(bytes: &mut &[u8]) -> String {
    String::from_utf8_lossy(counted(bytes)).into_owned()
}

/// As many bytes as the first one says, or what there is.
fn counted<'b>(bytes: &mut &'b [u8]) -> &'b [u8] {
    let length = bytes.split_off_first().map_or(0, |length| usize::from(*length));
    bytes.split_off(..bytes.len().min(length)).unwrap_or_default()
}

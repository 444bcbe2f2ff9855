//! Rows of the table, read and written without the store.

use super::Keyspace;

/// The six cells of a row as Cassandra has them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RawRow {
    pub(crate) version_number: Option<i64>,
    pub(crate) persistence_id: String,
    pub(crate) state_payload: Option<Vec<u8>>,
    pub(crate) state_manifest: Option<String>,
    pub(crate) timestamp: Option<i64>,
    pub(crate) shard_number: Option<i64>,
}

const COLUMNS: &str = "version_number, persistence_id, state_payload, state_manifest, timestamp, shard_number";

impl RawRow {
    /// A good row: version 1, an empty `Any`, in shard 0.
    pub(crate) fn of(persistence_id: &str) -> Self {
        Self {
            version_number: Some(1),
            state_manifest: Some("google.protobuf.Any".into()),
            ..Self::key(persistence_id)
        }
    }

    /// A row in shard 0 with nothing but its key.
    pub(crate) fn key(persistence_id: &str) -> Self {
        Self {
            version_number: None,
            persistence_id: persistence_id.into(),
            state_payload: None,
            state_manifest: None,
            timestamp: None,
            shard_number: Some(0),
        }
    }
}

impl Keyspace {
    /// Inserts a row. Null cells are written as such.
    pub(crate) fn insert(&self, row: &RawRow) {
        self.insert_using("", row);
    }

    /// As [`insert`](Keyspace::insert), with the WRITETIME, in microseconds since 1970.
    pub(crate) fn insert_at(&self, written_at: i64, row: &RawRow) {
        self.insert_using(&format!("USING TIMESTAMP {written_at}"), row);
    }

    fn insert_using(&self, using: &str, row: &RawRow) {
        let bigint = |number: Option<i64>| number.map(i64::to_be_bytes);
        let (version, timestamp) = (bigint(row.version_number), bigint(row.timestamp));
        let shard = bigint(row.shard_number);
        let values = [
            version.as_ref().map(|bytes| bytes.as_slice()),
            Some(row.persistence_id.as_bytes()),
            row.state_payload.as_deref(),
            row.state_manifest.as_deref().map(str::as_bytes),
            timestamp.as_ref().map(|bytes| bytes.as_slice()),
            shard.as_ref().map(|bytes| bytes.as_slice()),
        ];
        self.cql_with(&format!("INSERT INTO {{table}} ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) {using}"), &values);
    }

    /// All rows of the table, ordered by persistence id.
    pub(crate) fn rows(&self) -> Vec<RawRow> {
        let rows = self.cql(&format!("SELECT {COLUMNS} FROM {{table}}")).rows;
        let mut rows: Vec<RawRow> = rows.into_iter().map(raw_row).collect();
        rows.sort_by(|a, b| a.persistence_id.cmp(&b.persistence_id));
        rows
    }
}

fn raw_row(cells: Vec<Option<Vec<u8>>>) -> RawRow {
    let [version, id, payload, manifest, timestamp, shard] = cells.try_into().expect("six cells");
    let bigint = |cell: Option<Vec<u8>>| cell.map(|bytes| i64::from_be_bytes(bytes.try_into().expect("eight bytes")));
    let text = |cell: Option<Vec<u8>>| cell.map(|bytes| String::from_utf8(bytes).expect("text"));
    RawRow {
        version_number: bigint(version),
        persistence_id: text(id).expect("the key is never null"),
        state_payload: payload,
        state_manifest: text(manifest),
        timestamp: bigint(timestamp),
        shard_number: bigint(shard),
    }
}

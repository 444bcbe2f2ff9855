//! Converts between a [`DurableState`] and the cells of its row. Uses neither server nor driver.

use std::borrow::Cow;

use prost::Message;
use prost_types::Any;

use crate::{DurableState, Error, Layout, PayloadFormat, Result, state::type_url};

/// The six cells of a row as they are written.
#[derive(Debug, PartialEq)]
pub(crate) struct Cells<'s> {
    pub(crate) version_number: i64,
    pub(crate) persistence_id: &'s str,
    pub(crate) state_payload: Payload<'s>,
    pub(crate) state_manifest: Cow<'s, str>,
    pub(crate) timestamp: i64,
    pub(crate) shard_number: i64,
}

/// The content of the payload cell. It is encoded when it is bound: each attempt passes new bytes to the driver, so bytes
/// kept here would be copied each time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Payload<'s> {
    Encoded(&'s Any),
    Bytes(&'s [u8]),
}

impl Payload<'_> {
    /// In bytes.
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Encoded(any) => any.encoded_len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    pub(crate) fn to_vec(self) -> Vec<u8> {
        match self {
            Self::Encoded(any) => any.encode_to_vec(),
            Self::Bytes(bytes) => bytes.to_vec(),
        }
    }
}

/// The manifest of the row that a delete leaves in a table that is written by transactions. No state has it.
pub(crate) const DELETED_MANIFEST: &str = "";

/// The cells of a row as they were read, each of which can be null. The persistence id is the reader's.
#[derive(Debug, Default, Clone)]
pub(crate) struct StoredRow<'r> {
    pub(crate) version_number: Option<i64>,
    pub(crate) state_payload: Option<Cow<'r, [u8]>>,
    pub(crate) state_manifest: Option<Cow<'r, str>>,
    pub(crate) timestamp: Option<i64>,
    pub(crate) shard_number: Option<i64>,
    /// The epoch of the owner, in mode owned: a number that rises with each claim. Read where a transaction is to be decided.
    pub(crate) owner_epoch: Option<i64>,
    /// WRITETIME of the version number: the timestamp of the write, in microseconds since 1970.
    pub(crate) written_at: Option<i64>,
}

impl StoredRow<'_> {
    /// Whether the row marks a deleted entity: only its version number is left.
    pub(crate) fn is_deleted(&self) -> bool {
        self.version_number.is_some()
            && self.state_payload.is_none()
            && self.state_manifest.as_deref() == Some(DELETED_MANIFEST)
    }

    /// The same row without copies of its cells.
    pub(crate) fn borrowed(&self) -> StoredRow<'_> {
        StoredRow {
            state_payload: self.state_payload.as_deref().map(Cow::Borrowed),
            state_manifest: self.state_manifest.as_deref().map(Cow::Borrowed),
            ..*self
        }
    }

    /// Copies the row out of the answer.
    pub(crate) fn into_owned(self) -> StoredRow<'static> {
        StoredRow {
            state_payload: self.state_payload.map(|payload| Cow::Owned(payload.into_owned())),
            state_manifest: self.state_manifest.map(|manifest| Cow::Owned(manifest.into_owned())),
            ..self
        }
    }
}

impl Cells<'_> {
    /// Whether a row holds these cells.
    pub(crate) fn matches_row(&self, row: &StoredRow<'_>) -> bool {
        row.version_number == Some(self.version_number)
            && row.state_payload.as_deref() == Some(self.state_payload.to_vec().as_slice())
            && row.state_manifest.as_deref() == Some(&self.state_manifest)
            && row.timestamp == Some(self.timestamp)
            && row.shard_number == Some(self.shard_number)
    }
}

/// The row that is read back after these cells were written.
#[cfg(any(test, fuzzing))]
impl<'s> From<Cells<'s>> for StoredRow<'s> {
    fn from(cells: Cells<'s>) -> Self {
        Self {
            version_number: Some(cells.version_number),
            state_payload: Some(cells.state_payload.to_vec().into()),
            state_manifest: Some(cells.state_manifest),
            timestamp: Some(cells.timestamp),
            shard_number: Some(cells.shard_number),
            written_at: None,
            owner_epoch: None,
        }
    }
}

/// The row of a state. Versions and shards above the range of bigint wrap, as in the Go original.
pub(crate) fn encode(state: &DurableState, format: PayloadFormat) -> Cells<'_> {
    let (state_payload, state_manifest) = encode_payload(state.resulting_state.as_ref(), format);
    Cells {
        version_number: state.version_number.cast_signed(),
        persistence_id: &state.persistence_id,
        state_payload,
        state_manifest,
        timestamp: state.timestamp,
        shard_number: state.shard.cast_signed(),
    }
}

fn encode_payload(resulting_state: Option<&Any>, format: PayloadFormat) -> (Payload<'_>, Cow<'_, str>) {
    let Some(state) = resulting_state else {
        return (Payload::Bytes(&[]), Cow::Borrowed(type_url::ANY));
    };
    if format == PayloadFormat::Message {
        // An `Any` inside the `Any` would read back unwrapped: its manifest means the other form.
        if let Some(name) = type_url::restorable_name(&state.type_url).filter(|name| *name != type_url::ANY) {
            return (Payload::Bytes(&state.value), Cow::Borrowed(name));
        }
    }
    (Payload::Encoded(state), Cow::Borrowed(type_url::ANY))
}

/// Returns the state in a row, or `None` if only the key is left.
pub(crate) fn decode(row: StoredRow<'_>, persistence_id: &str, layout: Layout) -> Result<Option<DurableState>> {
    if is_absent(&row, layout) {
        return Ok(None);
    }
    let version_number = version_number(&row)?;
    let manifest = row.state_manifest.as_deref().ok_or_else(|| Error::corrupt("state_manifest", "is null"))?;
    Ok(Some(DurableState {
        persistence_id: persistence_id.to_owned(),
        version_number,
        resulting_state: Some(decode_payload(manifest, row.state_payload)?),
        timestamp: row.timestamp.unwrap_or_default(),
        shard: row.shard_number.unwrap_or_default().cast_unsigned(),
    }))
}

fn decode_payload(manifest: &str, payload: Option<Cow<'_, [u8]>>) -> Result<Any> {
    if manifest == type_url::ANY {
        return Any::decode(payload.as_deref().unwrap_or_default()).map_err(|cause| {
            Error::corrupt("state_payload", "does not decode as google.protobuf.Any").with_source(cause)
        });
    }
    if !type_url::is_full_name(manifest) {
        return Err(Error::corrupt("state_manifest", &format!("{manifest:?} is not the full name of a message")));
    }
    let value =
        payload.ok_or_else(|| Error::corrupt("state_payload", &format!("is null under the manifest {manifest:?}")))?;
    Ok(Any { type_url: type_url::type_url(manifest), value: value.into_owned() })
}

/// Of several rows of one id, in different shards: the highest version number compared as u64, then the timestamp, then
/// the time of writing, then the shard. Rows of which only the key is left are ignored.
pub(crate) fn newest<'r>(rows: impl IntoIterator<Item = StoredRow<'r>>) -> Result<Option<StoredRow<'r>>> {
    let mut newest: Option<StoredRow<'r>> = None;
    for row in rows {
        if is_absent(&row, Layout::ByShard) {
            continue;
        }
        newest = match newest {
            Some(best) => {
                version_number(&best)?;
                version_number(&row)?;
                Some(if seniority(&best) > seniority(&row) { best } else { row })
            }
            None => Some(row),
        };
    }
    Ok(newest)
}

/// Orders the rows of one id from the oldest to the newest; rows that cannot be read come first.
pub(crate) fn seniority(row: &StoredRow<'_>) -> (Option<u64>, i64, i64, u64) {
    (
        row.version_number.map(i64::cast_unsigned),
        row.timestamp.unwrap_or_default(),
        row.written_at.unwrap_or_default(),
        row.shard_number.unwrap_or_default().cast_unsigned(),
    )
}

fn version_number(row: &StoredRow<'_>) -> Result<u64> {
    row.version_number.map(i64::cast_unsigned).ok_or_else(|| Error::corrupt("version_number", "is null"))
}

/// Whether all regular columns are null. The shard is a regular column only on a table keyed by id.
pub(crate) fn is_absent(row: &StoredRow<'_>, layout: Layout) -> bool {
    row.version_number.is_none()
        && row.state_payload.is_none()
        && row.state_manifest.is_none()
        && row.timestamp.is_none()
        && (layout == Layout::ByShard || row.shard_number.is_none())
}

#[cfg(test)]
mod tests;

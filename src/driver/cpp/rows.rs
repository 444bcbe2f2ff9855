//! The rows of an answer, with their cells as Rust values.

use cassandra_cpp::{CassErrorCode, CassResult, LendingIterator, Value as CassValue};

use super::error::from_driver;
use crate::Result;

/// One page of rows.
pub(crate) struct Rows(CassResult);

impl Rows {
    pub(super) fn new(result: CassResult) -> Self {
        Self(result)
    }

    /// Returns what `f` returns for each row. Ends at its first error.
    pub(crate) fn map<T>(&self, mut f: impl FnMut(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
        let mut rows = self.0.iter();
        let mut made = Vec::new();
        while let Some(row) = rows.next() {
            made.push(f(&Row(row))?);
        }
        Ok(made)
    }

    /// Returns what `f` returns for the first row.
    pub(crate) fn first<T>(&self, f: impl FnOnce(&Row<'_>) -> Result<T>) -> Result<Option<T>> {
        self.0.first_row().map(|row| f(&Row(row))).transpose()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.row_count() == 0
    }

    /// Returns where the next page begins, if there is one.
    pub(crate) fn next_page(&self) -> Result<Option<Vec<u8>>> {
        self.0.paging_state_token().map_err(from_driver)
    }
}

/// One row. Cells are read by their index in the SELECT and are `None` if null.
pub(crate) struct Row<'r>(cassandra_cpp::Row<'r>);

impl<'r> Row<'r> {
    pub(crate) fn bigint(&self, index: usize) -> Result<Option<i64>> {
        self.cell(index, |value| value.get_i64())
    }

    pub(crate) fn boolean(&self, index: usize) -> Result<Option<bool>> {
        self.cell(index, |value| value.get_bool())
    }

    /// Like [`bigint`](Row::bigint), for a column that the answer may not have.
    pub(crate) fn bigint_named(&self, name: &str) -> Result<Option<i64>> {
        self.named(name, CassValue::get_i64)
    }

    /// The value of a column that the answer may not have.
    pub(crate) fn str_named(&self, name: &str) -> Result<Option<&'r str>> {
        self.named(name, CassValue::get_str)
    }

    fn named<T>(&self, name: &str, get: impl FnOnce(&CassValue<'r>) -> cassandra_cpp::Result<T>) -> Result<Option<T>> {
        match self.0.get_column_by_name(name) {
            Ok(value) if value.is_null() => Ok(None),
            Ok(value) => get(&value).map(Some).map_err(from_driver),
            // The binding's error for a column that is not in the answer.
            Err(error)
                if matches!(
                    error.kind(),
                    cassandra_cpp::ErrorKind::CassError(CassErrorCode::LIB_INDEX_OUT_OF_BOUNDS, _)
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(from_driver(error)),
        }
    }

    pub(crate) fn int(&self, index: usize) -> Result<Option<i32>> {
        self.cell(index, |value| value.get_i32())
    }

    pub(crate) fn text(&self, index: usize) -> Result<Option<String>> {
        self.cell(index, |value| value.get_string())
    }

    pub(crate) fn blob(&self, index: usize) -> Result<Option<&'r [u8]>> {
        self.cell(index, CassValue::get_bytes)
    }

    pub(crate) fn str(&self, index: usize) -> Result<Option<&'r str>> {
        self.cell(index, CassValue::get_str)
    }

    pub(crate) fn uuid(&self, index: usize) -> Result<Option<String>> {
        self.cell(index, |value| value.get_uuid().map(|uuid| uuid.to_string()))
    }

    /// The value of one entry of a `map<text, text>`.
    pub(crate) fn map_entry(&self, index: usize, key: &str) -> Result<Option<String>> {
        let entry = self.cell(index, |value| {
            let mut entries = value.get_map()?;
            while let Some((name, value)) = entries.next() {
                if name.get_str()? == key {
                    return value.get_string().map(Some);
                }
            }
            Ok(None)
        })?;
        Ok(entry.flatten())
    }

    fn cell<T>(&self, index: usize, get: impl FnOnce(&CassValue<'r>) -> cassandra_cpp::Result<T>) -> Result<Option<T>> {
        let value = self.0.get_column(index).map_err(from_driver)?;
        match get(&value) {
            Ok(cell) => Ok(Some(cell)),
            // The binding reports null as an error. Whether it was null is checked after an error only.
            Err(_) if value.is_null() => Ok(None),
            Err(error) => Err(from_driver(error)),
        }
    }
}

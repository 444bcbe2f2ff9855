use super::{Result, error::malformed, frame::Reader, render::render, types::Type};

/// The result of a statement; one that gives no rows has no columns either.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rows {
    /// What the values of each row are.
    pub columns: Vec<Column>,
    /// The values as the server sent them, `None` for null.
    pub rows: Vec<Vec<Option<Vec<u8>>>>,
}

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Column {
    /// Its name, or the expression that it stands for.
    pub name: String,
    /// How its values are to be read.
    pub r#type: Type,
}

mod result_kind {
    pub(super) const ROWS: i32 = 0x0002;
}

mod flag {
    pub(super) const ONE_TABLE: i32 = 0x0001;
    pub(super) const MORE_PAGES: i32 = 0x0002;
    pub(super) const NO_COLUMNS: i32 = 0x0004;
}

impl Rows {
    /// The value at a place, both counted from 0, as text; `None` for null and where there is no such place.
    pub fn text(&self, row: usize, column: usize) -> Option<String> {
        let value = self.rows.get(row)?.get(column)?.as_deref()?;
        Some(render(&self.columns.get(column)?.r#type, value))
    }

    /// Reads the body of a RESULT.
    pub(super) fn read(mut body: Reader<'_>) -> Result<Self> {
        if body.int()? != result_kind::ROWS {
            return Ok(Self::default());
        }
        let columns = read_columns(&mut body)?;
        let count = body.int()?;
        if columns.is_empty() && count > 0 {
            return malformed("rows without columns");
        }
        let row = |body: &mut Reader<'_>| -> Result<Vec<_>> {
            columns.iter().map(|_| Ok(body.bytes()?.map(<[u8]>::to_vec))).collect()
        };
        let rows = (0..count).map(|_| row(&mut body)).collect::<Result<_>>()?;
        Ok(Self { columns, rows })
    }
}

fn read_columns(body: &mut Reader<'_>) -> Result<Vec<Column>> {
    let flags = body.int()?;
    let count = body.int()?;
    if flags & flag::MORE_PAGES != 0 {
        return malformed("a result in pages, which was not asked for");
    }
    if flags & flag::NO_COLUMNS != 0 {
        return malformed("a result without its columns, which was not asked for");
    }
    let skip_table = |body: &mut Reader<'_>| body.string().and_then(|_keyspace| body.string());
    if flags & flag::ONE_TABLE != 0 {
        skip_table(body)?;
    }
    let column = |_| {
        if flags & flag::ONE_TABLE == 0 {
            skip_table(body)?;
        }
        Ok(Column { name: body.string()?, r#type: Type::read(body)? })
    };
    (0..count).map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cql::frame::{put_long_bytes, put_string};

    /// A RESULT of two columns, `id text` and `n int`, with the given rows' bytes after it.
    fn result_of(count: i32, cells: &[u8]) -> Vec<u8> {
        let mut body = Vec::new();
        for number in [result_kind::ROWS, flag::ONE_TABLE, 2] {
            body.extend(number.to_be_bytes());
        }
        for name in ["keyspace", "table"] {
            put_string(&mut body, name).unwrap();
        }
        for (name, r#type) in [("id", 0x0D), ("n", 0x09)] {
            put_string(&mut body, name).unwrap();
            body.extend([0, r#type]);
        }
        body.extend(count.to_be_bytes());
        body.extend(cells);
        body
    }

    #[test]
    fn rows_are_read_with_their_nulls() {
        let mut cells = Vec::new();
        put_long_bytes(&mut cells, b"a").unwrap();
        put_long_bytes(&mut cells, &7_i32.to_be_bytes()).unwrap();
        put_long_bytes(&mut cells, b"").unwrap();
        cells.extend((-1_i32).to_be_bytes());

        let rows = Rows::read(Reader::new(&result_of(2, &cells))).unwrap();
        assert_eq!(rows.columns[1], Column { name: "n".to_owned(), r#type: Type::Int });
        assert_eq!(rows.text(0, 0).as_deref(), Some("a"));
        assert_eq!(rows.text(0, 1).as_deref(), Some("7"));
        assert_eq!(rows.rows[1], [Some(vec![]), None]);
        assert_eq!(rows.text(2, 0), None);
    }

    #[test]
    fn other_results_have_no_rows() {
        assert_eq!(Rows::read(Reader::new(&1_i32.to_be_bytes())).unwrap(), Rows::default());
    }

    #[test]
    fn a_result_cut_off_anywhere_is_an_error() {
        let mut cells = Vec::new();
        put_long_bytes(&mut cells, b"a").unwrap();
        put_long_bytes(&mut cells, &7_i32.to_be_bytes()).unwrap();
        let whole = result_of(1, &cells);
        assert!(Rows::read(Reader::new(&whole)).is_ok());
        for length in 0..whole.len() {
            assert!(Rows::read(Reader::new(&whole[..length])).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn counts_that_cannot_be_are_errors() {
        assert!(Rows::read(Reader::new(&result_of(i32::MAX, &[]))).is_err());
        let mut no_columns = Vec::new();
        for number in [result_kind::ROWS, 0, 0, i32::MAX] {
            no_columns.extend(number.to_be_bytes());
        }
        assert!(Rows::read(Reader::new(&no_columns)).is_err());
    }
}

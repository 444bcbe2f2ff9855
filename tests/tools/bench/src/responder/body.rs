//! The notations inside frames: section 4 of the protocol's specification.

const VOID: i32 = 1;
const ROWS: i32 = 2;
const PREPARED: i32 = 4;
const ONE_TABLE: i32 = 1;
const NO_COLUMNS: i32 = 4;

/// What the values of a column are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Type {
    Bigint,
    Blob,
    Int,
    Text,
    Uuid,
    Inet,
}

impl Type {
    fn code(self) -> u16 {
        match self {
            Self::Bigint => 0x02,
            Self::Blob => 0x03,
            Self::Int => 0x09,
            Self::Uuid => 0x0C,
            Self::Text => 0x0D,
            Self::Inet => 0x10,
        }
    }

    pub(super) fn cql(self) -> &'static str {
        match self {
            Self::Bigint => "bigint",
            Self::Blob => "blob",
            Self::Int => "int",
            Self::Uuid => "uuid",
            Self::Text => "text",
            Self::Inet => "inet",
        }
    }
}

/// The body of an answer, as far as it is written.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Body(pub(super) Vec<u8>);

impl Body {
    pub(super) fn void() -> Self {
        Self::default().int(VOID)
    }

    /// Up to the number of rows, which comes next.
    pub(super) fn rows(columns: &[(&str, Type)]) -> Self {
        Self::default().int(ROWS).int(ONE_TABLE).count(columns.len()).columns(columns)
    }

    /// As [`rows`](Body::rows).
    pub(super) fn rows_without_columns(count: usize) -> Self {
        Self::default().int(ROWS).int(NO_COLUMNS).count(count)
    }

    /// A prepared statement: what its values are, which of them is the partition key, and what its rows are.
    pub(super) fn prepared(id: &[u8], values: &[(&str, Type)], key: u16, rows: &[(&str, Type)]) -> Self {
        let body = Self::default().int(PREPARED).short(u16::try_from(id.len()).unwrap_or_default()).raw(id);
        let body = body.int(ONE_TABLE).count(values.len()).int(1).short(key).columns(values);
        match rows {
            [] => body.int(NO_COLUMNS).int(0),
            rows => body.int(ONE_TABLE).count(rows.len()).columns(rows),
        }
    }

    fn columns(mut self, columns: &[(&str, Type)]) -> Self {
        self = self.string("bench").string("states_store");
        for (name, r#type) in columns {
            self = self.string(name).short(r#type.code());
        }
        self
    }

    pub(super) fn int(self, number: i32) -> Self {
        self.raw(&number.to_be_bytes())
    }

    pub(super) fn short(self, number: u16) -> Self {
        self.raw(&number.to_be_bytes())
    }

    pub(super) fn string(self, text: &str) -> Self {
        self.short(u16::try_from(text.len()).unwrap_or_default()).raw(text.as_bytes())
    }

    pub(super) fn bytes(self, bytes: &[u8]) -> Self {
        self.count(bytes.len()).raw(bytes)
    }

    fn count(self, number: usize) -> Self {
        self.int(i32::try_from(number).unwrap_or_default())
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}

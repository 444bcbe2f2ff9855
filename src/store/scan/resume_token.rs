//! How far a scan has come, and that as text: the resume token.

use std::{fmt, str::FromStr};

use crate::{Error, Layout, Result};

/// How far a scan has come: after the state that it returned last. Another scan of the same shard or table, in this
/// process or another, can continue there.
///
/// Returned by [`States::resume_token`](crate::States::resume_token), taken by
/// [`States::resume_from`](crate::States::resume_from). Its text is ASCII without blanks. A token stays valid when rows
/// are written or deleted.
///
/// ```
/// use durable_store::ResumeToken;
///
/// let token: ResumeToken = "durable-store-scan-1:table:start".parse()?;
/// assert_eq!(token.to_string(), "durable-store-scan-1:table:start");
/// assert!("durable-store-scan-1:table:middle".parse::<ResumeToken>().is_err());
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResumeToken {
    pub(super) extent: Extent,
    pub(super) position: Position,
}

/// What a scan reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    Shard(u64),
    Table,
}

/// How far a scan has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Position {
    Start,
    /// After this row: the token of its partition, and its key. On a table keyed by id the shard has no meaning.
    After {
        token: i64,
        shard: u64,
        persistence_id: String,
    },
    End,
}

/// The first word of every token; the number changes with the form of tokens.
const FORM: &str = "durable-store-scan-1";

impl fmt::Display for ResumeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.extent {
            Extent::Shard(shard) => write!(f, "{FORM}:shard-{shard}")?,
            Extent::Table => write!(f, "{FORM}:table")?,
        }
        match &self.position {
            Position::Start => f.write_str(":start"),
            Position::End => f.write_str(":end"),
            Position::After { token, shard, persistence_id } => {
                write!(f, ":after:{token}:{shard}:")?;
                persistence_id.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

impl FromStr for ResumeToken {
    type Err = Error;

    /// Parses what `Display` writes.
    fn from_str(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.trim().split(':').collect();
        let [FORM, extent, position @ ..] = parts.as_slice() else {
            return Err(refused(format!("does not begin with {FORM}")));
        };
        let extent = match extent.strip_prefix("shard-") {
            None if *extent == "table" => Some(Extent::Table),
            None => None,
            Some(shard) => canonical(shard).map(Extent::Shard),
        };
        let position = match position {
            ["start"] => Some(Position::Start),
            ["end"] => Some(Position::End),
            ["after", token, shard, id] => after(token, shard, id),
            _ => None,
        };
        match (extent, position) {
            (Some(extent), Some(position)) => Ok(Self { extent, position }),
            _ => Err(refused("is damaged")),
        }
    }
}

/// Lets [`resume_from`](crate::States::resume_from) take text too.
impl TryFrom<&str> for ResumeToken {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        text.parse()
    }
}

#[cfg(feature = "serde")]
crate::config::serde_by_text!(ResumeToken);

impl ResumeToken {
    /// The position, if the token is of a scan of this extent.
    pub(super) fn position_in(self, extent: Extent) -> Result<Position> {
        if self.extent == extent {
            return Ok(self.position);
        }
        Err(refused(format!("is of a scan of {}, not of {extent}", self.extent)))
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shard(shard) => write!(f, "shard {shard}"),
            Self::Table => f.write_str("the table"),
        }
    }
}

/// A number in the form in which it is written.
fn canonical(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

fn after(token: &str, shard: &str, id: &str) -> Option<Position> {
    if !id.is_ascii() || !id.len().is_multiple_of(2) || !id.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..id.len()).step_by(2).map(|at| id.get(at..at + 2));
    let bytes = pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect::<Option<Vec<u8>>>()?;
    let persistence_id = String::from_utf8(bytes).ok()?;
    Some(Position::After { token: token.parse().ok()?, shard: shard.parse().ok()?, persistence_id })
}

fn refused(reason: impl fmt::Display) -> Error {
    Error::setting("resume token", format!("it {reason}"))
}

impl Position {
    /// The token of the row's partition, its shard and its persistence id; before the first row, the lowest there are.
    pub(super) fn key(&self) -> (i64, u64, &str) {
        match self {
            Self::After { token, shard, persistence_id } => (*token, *shard, persistence_id),
            Self::Start | Self::End => (i64::MIN, 0, ""),
        }
    }

    /// Whether the scan has returned a row already. Among rows whose partitions have the same token the key decides, byte
    /// by byte as Cassandra orders them.
    pub(super) fn is_behind(&self, row: (i64, u64, &str), layout: Layout) -> bool {
        let Self::After { token, shard, persistence_id } = self else { return false };
        let partition = |shard: u64, id: &str| match layout {
            Layout::ByShard => shard.to_be_bytes().to_vec(),
            Layout::ById => id.as_bytes().to_vec(),
        };
        row.0 == *token && partition(row.1, row.2) <= partition(*shard, persistence_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn after(shard: u64, persistence_id: &str) -> Position {
        Position::After { token: -7, shard, persistence_id: persistence_id.into() }
    }

    #[test]
    fn a_token_is_parsed_from_its_text() {
        for extent in [Extent::Shard(u64::MAX), Extent::Table] {
            for position in [Position::Start, Position::End, after(0, "a:b'; \0 🚀"), after(u64::MAX, "")] {
                let token = ResumeToken { extent, position };
                let text = token.to_string();
                assert!(text.is_ascii() && !text.contains(char::is_whitespace), "{text}");
                assert_eq!(text.parse::<ResumeToken>().unwrap(), token, "{text}");
            }
        }
    }

    #[test]
    fn a_token_of_another_scan_is_refused() {
        for (extent, other) in
            [(Extent::Shard(7), Extent::Table), (Extent::Shard(7), Extent::Shard(8)), (Extent::Table, Extent::Shard(0))]
        {
            let token = ResumeToken { extent, position: after(7, "ab") };
            assert_eq!(token.clone().position_in(extent).unwrap(), token.position);
            let error = token.position_in(other).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            let expected = format!("resume token: it is of a scan of {extent}, not of {other}");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn a_damaged_token_is_refused() {
        let whole = ResumeToken { extent: Extent::Shard(7), position: after(7, "ab") }.to_string();
        for (text, part) in [
            ("", "does not begin with"),
            ("durable-store-scan-2:table:start", "does not begin with"),
            ("durable-store-scan-1", "does not begin with"),
            ("durable-store-scan-1:table", "is damaged"),
            ("durable-store-scan-1:table:start:x", "is damaged"),
            ("durable-store-scan-1:shard-07:start", "is damaged"),
            ("durable-store-scan-1:shard-:start", "is damaged"),
            ("durable-store-scan-1:tables:start", "is damaged"),
            (&whole[..whole.len() - 1], "is damaged"),
            (&format!("{whole}ff"), "is damaged"),
            ("durable-store-scan-1:table:after:x:0:", "is damaged"),
            (&format!("{whole}+1"), "is damaged"),
        ] {
            let error = text.parse::<ResumeToken>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn only_rows_of_the_same_token_up_to_the_key_are_behind() {
        let position = after(7, "b");
        for (row, layout, behind) in [
            ((-7, 7, "b"), Layout::ById, true),
            ((-7, 9, "a"), Layout::ById, true),
            ((-7, 0, "c"), Layout::ById, false),
            ((-6, 7, "a"), Layout::ById, false),
            ((-7, 7, "z"), Layout::ByShard, true),
            ((-7, 8, "a"), Layout::ByShard, false),
            ((-6, 7, "a"), Layout::ByShard, false),
        ] {
            assert_eq!(position.is_behind(row, layout), behind, "{row:?} {layout:?}");
        }
        assert!(!Position::Start.is_behind((-7, 0, ""), Layout::ById));
    }
}

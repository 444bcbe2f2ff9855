//! Where a scan has come to, and that as text: the resume token.

use std::fmt::Write;

use crate::{Error, Layout, Result};

/// What a scan goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Shard(u64),
    Table,
}

/// Where a scan has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    Start,
    /// The row that was handed out last: the token of its partition, and its key. On a table keyed by id the shard says
    /// nothing.
    After {
        token: i64,
        shard: u64,
        persistence_id: String,
    },
    End,
}

/// The first word of every token; the number changes with its form.
const FORM: &str = "durable-store-scan-1";

/// A scan's extent and position as text, which another process can go on from.
pub(crate) fn token(extent: Extent, position: &Position) -> String {
    let mut token = match extent {
        Extent::Shard(shard) => format!("{FORM}:shard-{shard}"),
        Extent::Table => format!("{FORM}:table"),
    };
    match position {
        Position::Start => token.push_str(":start"),
        Position::End => token.push_str(":end"),
        Position::After { token: of_partition, shard, persistence_id } => {
            // Neither can fail on a String.
            let _ = write!(token, ":after:{of_partition}:{shard}:");
            for byte in persistence_id.bytes() {
                let _ = write!(token, "{byte:02x}");
            }
        }
    }
    token
}

/// The position in a token, which has to be of a scan of this extent.
pub(crate) fn parse(token: &str, extent: Extent) -> Result<Position> {
    let mut parts = token.trim().split(':');
    let wanted = self::token(extent, &Position::Start);
    let of = [parts.next().unwrap_or_default(), parts.next().unwrap_or_default()].join(":");
    if wanted != format!("{of}:start") {
        return Err(refused("is of another scan, or none"));
    }
    let position = match parts.collect::<Vec<_>>()[..] {
        ["start"] => Some(Position::Start),
        ["end"] => Some(Position::End),
        ["after", token, shard, id] => after(token, shard, id),
        _ => None,
    };
    position.ok_or_else(|| refused("is damaged"))
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

fn refused(reason: &str) -> Error {
    Error::setting("resume token", format!("it {reason}"))
}

impl Position {
    /// The token of the row's partition, its shard and its persistence id; before the first row, the lowest there are.
    pub(crate) fn key(&self) -> (i64, u64, &str) {
        match self {
            Self::After { token, shard, persistence_id } => (*token, *shard, persistence_id),
            Self::Start | Self::End => (i64::MIN, 0, ""),
        }
    }

    /// Whether a row is behind the position, so that it was handed out before. Among rows whose partitions have one token
    /// the key decides, byte by byte as Cassandra orders them.
    pub(crate) fn is_behind(&self, row: (i64, u64, &str), layout: Layout) -> bool {
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
    fn a_token_reads_back_as_the_position_it_was_made_of() {
        for extent in [Extent::Shard(u64::MAX), Extent::Table] {
            for position in [Position::Start, Position::End, after(0, "a:b'; \0 🚀"), after(u64::MAX, "")] {
                let token = token(extent, &position);
                assert!(token.is_ascii() && !token.contains(char::is_whitespace), "{token}");
                assert_eq!(parse(&token, extent).unwrap(), position, "{token}");
            }
        }
    }

    #[test]
    fn a_token_of_another_scan_and_a_damaged_one_are_refused() {
        let whole = token(Extent::Shard(7), &after(7, "ab"));
        for (token, extent, part) in [
            (whole.as_str(), Extent::Table, "is of another scan"),
            (whole.as_str(), Extent::Shard(8), "is of another scan"),
            ("", Extent::Table, "is of another scan"),
            ("durable-store-scan-2:table:start", Extent::Table, "is of another scan"),
            ("durable-store-scan-1:table", Extent::Table, "is damaged"),
            ("durable-store-scan-1:table:start:x", Extent::Table, "is damaged"),
            (&whole[..whole.len() - 1], Extent::Shard(7), "is damaged"),
            (&format!("{whole}ff"), Extent::Shard(7), "is damaged"),
            ("durable-store-scan-1:table:after:x:0:", Extent::Table, "is damaged"),
            (&format!("{whole}+1"), Extent::Shard(7), "is damaged"),
        ] {
            let error = parse(token, extent).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains(part), "{token}: {error}");
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

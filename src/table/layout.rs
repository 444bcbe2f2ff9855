//! The two layouts of the table.

use std::{fmt, str::FromStr};

use crate::{Error, Result};

/// How the table is keyed. A store reads it from the server when it connects.
///
/// ```
/// use durable_store::Layout;
///
/// assert_eq!(Layout::ById.to_string(), "by_id");
/// assert_eq!("by_shard".parse::<Layout>()?, Layout::ByShard);
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// `PRIMARY KEY (shard_number, persistence_id)`: one partition per shard. The default of
    /// [`create_schema`](crate::DurableStore::create_schema).
    #[default]
    ByShard,
    /// `PRIMARY KEY (persistence_id)`: one partition per entity. Recommended for new tables.
    ById,
}

/// In which order a table keyed by shard has the rows of a shard, by persistence id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClusteringOrder {
    Ascending,
    /// Made `WITH CLUSTERING ORDER BY (persistence_id DESC)`.
    Descending,
}

impl Layout {
    const ALL: [(Self, &'static str); 2] = [(Self::ByShard, "by_shard"), (Self::ById, "by_id")];

    /// The primary key as CQL has it.
    pub(crate) fn primary_key(self) -> &'static str {
        match self {
            Self::ByShard => "PRIMARY KEY (shard_number, persistence_id)",
            Self::ById => "PRIMARY KEY (persistence_id)",
        }
    }
}

impl fmt::Display for Layout {
    /// Writes `by_shard` or `by_id`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(layout, _)| layout == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for Layout {
    type Err = Error;

    /// Parses what `Display` writes, in upper or lower case.
    fn from_str(text: &str) -> Result<Self> {
        let found = Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(text.trim()));
        found
            .map(|(layout, _)| *layout)
            .ok_or_else(|| Error::setting("layout", format!("{text:?} is neither by_shard nor by_id")))
    }
}

#[cfg(feature = "serde")]
crate::config::serde_by_text!(Layout);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_layout_is_parsed_from_its_text() {
        for (layout, name) in Layout::ALL {
            assert_eq!(layout.to_string(), name);
            assert_eq!(name.to_uppercase().parse::<Layout>().unwrap(), layout);
        }
        let error = "by_id,".parse::<Layout>().unwrap_err().to_string();
        assert_eq!(error, "layout: \"by_id,\" is neither by_shard nor by_id");
    }
}

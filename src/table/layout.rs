//! The two layouts of the table.

use std::fmt;

/// How the table is keyed. A store finds out by itself when it connects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// `PRIMARY KEY (shard_number, persistence_id)`: one partition a shard. What
    /// [`create_schema`](crate::DurableStore::create_schema) makes unless told otherwise.
    #[default]
    ByShard,
    /// `PRIMARY KEY (persistence_id)`: one partition an entity. Recommended for new tables.
    ById,
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByShard => "PRIMARY KEY (shard_number, persistence_id)",
            Self::ById => "PRIMARY KEY (persistence_id)",
        })
    }
}

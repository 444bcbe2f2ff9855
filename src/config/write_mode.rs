//! What decides which of several writes of an entity stays.

use std::{fmt, str::FromStr};

use crate::Error;

/// What decides which write of an entity stays. All programs that write a table have to use the same mode: plain writes
/// and lightweight transactions on one row lose each other's updates.
///
/// The column `owner_epoch`, which [`create_schema`](crate::DurableStore::create_schema) adds in the modes `Versioned` and
/// `Owned`, records which kind of writes a table takes, and [`connect`](crate::DurableStore::connect) refuses a store of the
/// other kind. Stores in the modes `Versioned` and `Owned` may use one table at the same time.
///
/// ```
/// use durable_store::WriteMode;
///
/// assert_eq!("versioned".parse::<WriteMode>()?, WriteMode::Versioned);
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WriteMode {
    /// The write with the latest timestamp stays, independent of its version number. Go programs that use eGo's own store,
    /// and plain CQL, write like this. For one writer per entity at a time.
    #[default]
    LastWriteWins,
    /// A write of an older version number than the stored one is refused
    /// ([`ErrorKind::Conflict`](crate::ErrorKind::Conflict)): every write is a lightweight transaction. For several writers
    /// per entity. On a table keyed by id only; Go programs and plain CQL must never write it.
    Versioned,
    /// As `Versioned`, and of all stores in mode `Owned` only the one that has claimed an entity may write it: each
    /// [`get_latest_state`](crate::DurableStore::get_latest_state) claims the entity for its store. When another store then
    /// claims it, every later write of the first fails with [`ErrorKind::Fenced`](crate::ErrorKind::Fenced) and is not
    /// stored. For actors that may be alive on two machines at once. On the same tables as `Versioned`; a store in that mode
    /// claims nothing and is never fenced, so use it beside `Owned` for reading.
    ///
    /// If stores of several datacenters use a table in the modes `Versioned` or `Owned`, all need
    /// [`SerialConsistency::Serial`](crate::SerialConsistency::Serial): transactions at `LOCAL_SERIAL` in two datacenters do
    /// not see each other.
    Owned,
}

/// What stands before the mode in a table's comment. It tells people what the column `owner_epoch` tells the store.
const TOKEN: &str = "durable_store:write_mode=";

impl WriteMode {
    const ALL: [(Self, &'static str); 3] =
        [(Self::LastWriteWins, "last_write_wins"), (Self::Versioned, "versioned"), (Self::Owned, "owned")];

    /// Whether every write is a lightweight transaction.
    pub(crate) fn uses_transactions(self) -> bool {
        self != Self::LastWriteWins
    }

    /// The mode that a table's comment names, or `LastWriteWins` if it names none. `Err` is a mode that this version
    /// does not know.
    pub(crate) fn named_in(comment: &str) -> Result<Self, String> {
        let Some(recorded) = comment.split_whitespace().find_map(|word| word.strip_prefix(TOKEN)) else {
            return Ok(Self::LastWriteWins);
        };
        recorded.parse().map_err(|_| recorded.to_owned())
    }

    /// A table's comment that names this mode instead of any other. The rest of the comment is kept.
    pub(crate) fn name_in(self, comment: &str) -> String {
        // Words with the blank or line break behind them.
        let words = comment.split_inclusive(char::is_whitespace);
        let others: String = words.filter(|word| !word.starts_with(TOKEN)).collect();
        let others = others.trim_end();
        match self {
            Self::LastWriteWins => others.to_owned(),
            // The table of both is the same.
            Self::Versioned | Self::Owned => format!("{others} {TOKEN}{}", Self::Versioned).trim().to_owned(),
        }
    }
}

impl fmt::Display for WriteMode {
    /// As a connection string has it: `last_write_wins`, `versioned` or `owned`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(mode, _)| mode == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for WriteMode {
    type Err = Error;

    /// Reads `last_write_wins`, `versioned` or `owned`, in upper or lower case.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wanted = text.trim();
        Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(wanted)).map(|(mode, _)| *mode).ok_or_else(|| {
            Error::setting("write_mode", format!("{text:?} is none of last_write_wins, versioned, owned"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mode_in_a_comment_is_changed_and_other_text_kept() {
        use WriteMode::{LastWriteWins, Versioned};
        for (comment, versioned) in [
            ("", "durable_store:write_mode=versioned"),
            ("states of  eGo", "states of  eGo durable_store:write_mode=versioned"),
            ("states\nof\teGo", "states\nof\teGo durable_store:write_mode=versioned"),
        ] {
            assert_eq!(WriteMode::named_in(comment), Ok(LastWriteWins));
            assert_eq!(Versioned.name_in(comment), versioned);
            assert_eq!(WriteMode::named_in(versioned), Ok(Versioned));
            assert_eq!(Versioned.name_in(versioned), versioned);
            assert_eq!(LastWriteWins.name_in(versioned), comment);
        }
        for comment in ["a\ndurable_store:write_mode=versioned\nb", "a\n\tdurable_store:write_mode=versioned b"] {
            let others = LastWriteWins.name_in(comment);
            assert_eq!(WriteMode::named_in(&others), Ok(LastWriteWins), "{others:?}");
            assert_eq!(others.split_whitespace().collect::<Vec<_>>(), ["a", "b"]);
        }
        assert_eq!(WriteMode::Owned.name_in("ours"), Versioned.name_in("ours"));
        let newer = WriteMode::named_in("a durable_store:write_mode=newer b");
        assert_eq!(newer, Err("newer".into()));
    }

    #[test]
    fn each_mode_reads_back_what_it_prints_and_others_are_refused() {
        for (mode, name) in WriteMode::ALL {
            assert_eq!(mode.to_string(), name);
            assert_eq!(name.to_uppercase().parse::<WriteMode>().unwrap(), mode);
        }
        assert!("both".parse::<WriteMode>().unwrap_err().to_string().starts_with("write_mode: "));
    }
}

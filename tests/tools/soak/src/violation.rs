//! A violation in a history, and the calls that show it.

use std::fmt;

use crate::history::Entry;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    Lost,
    Stale,
    Phantom,
    Late,
    Leaked,
    Unfenced,
}

pub(crate) const KINDS: [Kind; 6] = [Kind::Lost, Kind::Stale, Kind::Phantom, Kind::Unfenced, Kind::Late, Kind::Leaked];

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Violation {
    pub(crate) kind: Kind,
    /// What is wrong with these calls.
    pub(crate) claim: String,
    /// As few as show it, in the order in which they began.
    pub(crate) calls: Vec<Entry>,
}

impl Violation {
    pub(crate) fn new<'e>(kind: Kind, claim: impl Into<String>, calls: impl IntoIterator<Item = &'e Entry>) -> Self {
        let mut shown: Vec<Entry> = Vec::new();
        for call in calls {
            if !shown.contains(call) {
                shown.push(call.clone());
            }
        }
        shown.sort_by_key(|call| call.begin);
        Self { kind, claim: claim.into(), calls: shown }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "lost",
            Self::Stale => "stale",
            Self::Phantom => "phantom",
            Self::Late => "late",
            Self::Leaked => "leaked",
            Self::Unfenced => "unfenced",
        })
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.claim)?;
        self.calls.iter().try_for_each(|call| write!(f, "\n    {call}"))
    }
}

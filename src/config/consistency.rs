//! How many replicas must answer.

use std::{fmt, str::FromStr};

use crate::Error;

/// How many replicas must have answered before a read or write succeeds: Cassandra's consistency levels.
///
/// Defaults to [`LocalQuorum`](Consistency::LocalQuorum). `ANY` is not offered: it acknowledges a write that no replica has
/// stored.
///
/// ```
/// use durable_store::Consistency;
///
/// let consistency: Consistency = "local_quorum".parse()?;
/// assert_eq!(consistency, Consistency::LocalQuorum);
/// assert_eq!(consistency.to_string(), "LOCAL_QUORUM");
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Consistency {
    /// One replica.
    One,
    /// Two replicas.
    Two,
    /// Three replicas.
    Three,
    /// More than half of the replicas of all datacenters together.
    Quorum,
    /// Every replica: one node down makes the call fail.
    All,
    /// More than half of the replicas in the datacenter of the coordinator.
    #[default]
    LocalQuorum,
    /// More than half of the replicas in each datacenter.
    EachQuorum,
    /// One replica in the datacenter of the coordinator.
    LocalOne,
    /// For reads only: sees, and finishes, a lightweight transaction under way in any datacenter.
    Serial,
    /// For reads only: like [`Serial`](Consistency::Serial), within the datacenter of the coordinator.
    LocalSerial,
}

impl Consistency {
    const ALL: [(Self, &'static str); 10] = [
        (Self::One, "ONE"),
        (Self::Two, "TWO"),
        (Self::Three, "THREE"),
        (Self::Quorum, "QUORUM"),
        (Self::All, "ALL"),
        (Self::LocalQuorum, "LOCAL_QUORUM"),
        (Self::EachQuorum, "EACH_QUORUM"),
        (Self::LocalOne, "LOCAL_ONE"),
        (Self::Serial, "SERIAL"),
        (Self::LocalSerial, "LOCAL_SERIAL"),
    ];

    /// Whether only reads may use it.
    pub(crate) fn is_for_reads_only(self) -> bool {
        matches!(self, Self::Serial | Self::LocalSerial)
    }
}

impl fmt::Display for Consistency {
    /// Cassandra's own spelling, such as `LOCAL_QUORUM`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Self::ALL.iter().find(|(level, _)| level == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for Consistency {
    type Err = Error;

    /// Reads Cassandra's own spelling, in upper or lower case.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wanted = text.trim();
        Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(wanted)).map(|(level, _)| *level).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|(_, name)| *name).collect();
            Error::setting("consistency", format!("{text:?} is not one of {}", known.join(", ")))
        })
    }
}

/// Which replicas agree on a lightweight transaction: Cassandra's serial consistency levels. All writers of a
/// [`Versioned`](crate::WriteMode::Versioned) table have to use the same level.
///
/// ```
/// use durable_store::SerialConsistency;
///
/// assert_eq!("SERIAL".parse::<SerialConsistency>()?, SerialConsistency::Serial);
/// # Ok::<(), durable_store::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SerialConsistency {
    /// The replicas of all datacenters: needed if several datacenters write one table.
    Serial,
    /// The replicas of the coordinator's datacenter.
    #[default]
    LocalSerial,
}

impl SerialConsistency {
    /// The level of a read that sees, and finishes, every such transaction.
    pub(crate) fn of_reads(self) -> Consistency {
        match self {
            Self::Serial => Consistency::Serial,
            Self::LocalSerial => Consistency::LocalSerial,
        }
    }
}

impl fmt::Display for SerialConsistency {
    /// Cassandra's own spelling: `SERIAL` or `LOCAL_SERIAL`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.of_reads().fmt(f)
    }
}

impl FromStr for SerialConsistency {
    type Err = Error;

    /// Reads Cassandra's own spelling, in upper or lower case.
    fn from_str(text: &str) -> Result<Self, Error> {
        let wanted = text.trim();
        let is = |level: &Self| level.to_string().eq_ignore_ascii_case(wanted);
        [Self::Serial, Self::LocalSerial]
            .into_iter()
            .find(is)
            .ok_or_else(|| Error::setting("serial_consistency", format!("{text:?} is neither SERIAL nor LOCAL_SERIAL")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn every_level_reads_back_what_it_prints() {
        for (level, name) in Consistency::ALL {
            assert_eq!(level.to_string(), name);
            assert_eq!(name.to_lowercase().parse::<Consistency>().unwrap(), level);
        }
    }

    #[test]
    fn serial_levels_parse_what_they_print_and_refuse_others() {
        for (level, name) in [(SerialConsistency::Serial, "SERIAL"), (SerialConsistency::LocalSerial, "LOCAL_SERIAL")] {
            assert_eq!(level.to_string(), name);
            assert_eq!(name.to_lowercase().parse::<SerialConsistency>().unwrap(), level);
        }
        assert!("QUORUM".parse::<SerialConsistency>().unwrap_err().to_string().starts_with("serial_consistency: "));
    }

    #[test]
    fn an_unknown_level_is_refused_with_the_known_ones() {
        for text in ["", "ANY", "LOCALQUORUM", "6"] {
            let error = text.parse::<Consistency>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(error.to_string().contains("LOCAL_QUORUM"), "{error}");
        }
    }
}

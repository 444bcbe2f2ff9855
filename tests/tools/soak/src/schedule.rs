//! Which faults follow each other, and when. The seed alone determines them.

use std::{fmt, time::Duration};

use fastrand::Rng;

use crate::test_cluster::NODES;

/// A kind of fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum FaultKind {
    Kill,
    Hang,
    Cut,
    Delay,
    Drop,
    Restart,
    TwoAway,
}

impl FaultKind {
    pub(crate) const ALL: [Self; 7] =
        [Self::Kill, Self::Hang, Self::Cut, Self::Delay, Self::Drop, Self::Restart, Self::TwoAway];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Hang => "hang",
            Self::Cut => "cut",
            Self::Delay => "delay",
            Self::Drop => "drop",
            Self::Restart => "restart",
            Self::TwoAway => "two away",
        }
    }
}

/// A fault that lasts for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A node is ended by `kill -9`, is down for a while, and is started again.
    Kill { node: usize, away: Duration },
    /// A node is paused with its connections open, and resumed after a while.
    Hang { node: usize, lasts: Duration },
    /// Connections to any node are cut, one after the other.
    Cut { every: Duration, lasts: Duration },
    /// Replies of some nodes are delayed by at most `most`.
    Delay { reach: Reach, most: Duration, lasts: Duration },
    /// Drops `percent` of the replies of some nodes to reads and writes.
    Drop { reach: Reach, percent: u8, lasts: Duration },
    /// Every node is stopped in good order and started again, one after the other.
    Restart,
    /// Two of three nodes are down at once, killed or hanging.
    TwoAway { stays: usize, killed: bool, lasts: Duration },
}

/// The nodes whose replies are affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    One(usize),
    All,
}

impl Reach {
    pub(crate) fn includes(self, node: usize) -> bool {
        self == Self::All || self == Self::One(node)
    }
}

/// A fault, and how long there is none before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) after: Duration,
    pub(crate) fault: Fault,
}

/// The faults of a run, without end. Each kind comes once before any comes again.
pub(crate) fn schedule(seed: u64) -> impl Iterator<Item = Planned> {
    let mut rng = Rng::with_seed(seed);
    let mut kinds = Vec::new();
    std::iter::from_fn(move || {
        if kinds.is_empty() {
            kinds = FaultKind::ALL.to_vec();
            rng.shuffle(&mut kinds);
        }
        let after = milliseconds(&mut rng, 3_000, 6_000);
        let kind = kinds.pop()?;
        Some(Planned { after, fault: fault(&mut rng, kind) })
    })
}

fn fault(rng: &mut Rng, kind: FaultKind) -> Fault {
    let node = rng.usize(0..NODES);
    let lasts = milliseconds(rng, 5_000, 9_000);
    let reach = if rng.bool() { Reach::One(node) } else { Reach::All };
    match kind {
        FaultKind::Kill => Fault::Kill { node, away: milliseconds(rng, 0, 5_000) },
        FaultKind::Hang => Fault::Hang { node, lasts },
        FaultKind::Cut => Fault::Cut { every: milliseconds(rng, 20, 500), lasts },
        FaultKind::Delay => Fault::Delay { reach, most: milliseconds(rng, 100, 3_000), lasts },
        FaultKind::Drop => Fault::Drop { reach, percent: rng.u8(5..=100), lasts },
        FaultKind::Restart => Fault::Restart,
        FaultKind::TwoAway => {
            Fault::TwoAway { stays: node, killed: rng.bool(), lasts: milliseconds(rng, 3_000, 8_000) }
        }
    }
}

fn milliseconds(rng: &mut Rng, least: u64, most: u64) -> Duration {
    Duration::from_millis(rng.u64(least..=most))
}

impl Fault {
    pub(crate) fn kind(&self) -> FaultKind {
        match self {
            Self::Kill { .. } => FaultKind::Kill,
            Self::Hang { .. } => FaultKind::Hang,
            Self::Cut { .. } => FaultKind::Cut,
            Self::Delay { .. } => FaultKind::Delay,
            Self::Drop { .. } => FaultKind::Drop,
            Self::Restart => FaultKind::Restart,
            Self::TwoAway { .. } => FaultKind::TwoAway,
        }
    }

    /// How long it takes on a busy machine until the cluster has recovered.
    pub(crate) fn takes(&self) -> Duration {
        let restart = Duration::from_secs(25);
        match *self {
            Self::Kill { away, .. } => away + restart,
            Self::Hang { lasts, .. }
            | Self::Cut { lasts, .. }
            | Self::Delay { lasts, .. }
            | Self::Drop { lasts, .. }
            | Self::TwoAway { lasts, killed: false, .. } => lasts,
            Self::TwoAway { lasts, killed: true, .. } => lasts + restart,
            Self::Restart => 3 * restart,
        }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(node) => write!(f, "node {}", node + 1),
            Self::All => f.write_str("all nodes"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill { node, away } => write!(f, "node {} is killed and away for {away:?}", node + 1),
            Self::Hang { node, lasts } => write!(f, "node {} hangs for {lasts:?}", node + 1),
            Self::Cut { every, lasts } => write!(f, "a connection is cut every {every:?} for {lasts:?}"),
            Self::Delay { reach, most, lasts } => {
                write!(f, "replies of {reach} come up to {most:?} later for {lasts:?}")
            }
            Self::Drop { reach, percent, lasts } => {
                write!(f, "{percent}% of the replies of {reach} are lost for {lasts:?}")
            }
            Self::Restart => f.write_str("all nodes are restarted, one after the other"),
            Self::TwoAway { stays, killed, lasts } => {
                let how = if *killed { "killed" } else { "hanging" };
                write!(f, "all nodes but node {} are {how} for {lasts:?}", stays + 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_seed_alone_determines_the_faults() {
        let take = |seed| schedule(seed).take(100).collect::<Vec<_>>();
        assert_eq!(take(7), take(7));
        assert_ne!(take(7), take(8));
    }

    #[test]
    fn every_kind_comes_before_any_comes_again() {
        for seed in 0..50 {
            let faults: Vec<_> = schedule(seed).take(5 * FaultKind::ALL.len()).collect();
            for round in faults.chunks(FaultKind::ALL.len()) {
                let kinds: BTreeSet<_> = round.iter().map(|planned| planned.fault.kind()).collect();
                assert_eq!(kinds.len(), FaultKind::ALL.len(), "{round:?}");
            }
        }
    }

    #[test]
    fn there_is_time_for_two_faults_a_minute() {
        for seed in 0..50 {
            let faults: Vec<_> = schedule(seed).take(10 * FaultKind::ALL.len()).collect();
            let time: Duration = faults.iter().map(|planned| planned.after + planned.fault.takes()).sum();
            assert!(faults.len() as f64 / time.as_secs_f64() * 60.0 > 2.0, "{time:?}");
        }
    }
}

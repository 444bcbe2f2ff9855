//! Which faults come, and when: a function of the seed alone.

use std::{fmt, time::Duration};

use fastrand::Rng;

use crate::site::NODES;

/// Something that goes wrong for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A node is ended as by `kill -9`, stays away for a while, and is started again.
    Kill { node: usize, away: Duration },
    /// A node stops where it stands, its connections open, and goes on after a while.
    Hang { node: usize, lasts: Duration },
    /// Connections to any node are cut, one after the other.
    Cut { every: Duration, lasts: Duration },
    /// Replies of some nodes come up to so much later.
    Delay { reach: Reach, most: Duration, lasts: Duration },
    /// So many of a hundred replies of some nodes to reads and writes are lost.
    Drop { reach: Reach, percent: u8, lasts: Duration },
    /// Every node is stopped in good order and started again, one after the other.
    Restart,
    /// Two of three nodes are away at once, killed or hanging.
    TwoAway { stays: usize, killed: bool, lasts: Duration },
}

/// Whose replies.
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

/// A fault, and how long all is well before it.
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
            kinds = (0..KINDS.len()).collect();
            rng.shuffle(&mut kinds);
        }
        let after = milliseconds(&mut rng, 3_000, 6_000);
        let fault = fault(&mut rng, kinds.pop().unwrap_or_default());
        Some(Planned { after, fault })
    })
}

/// What the kinds of faults are called, in the order of [`fault`].
pub(crate) const KINDS: [&str; 7] = ["kill", "hang", "cut", "delay", "drop", "restart", "two away"];

fn fault(rng: &mut Rng, kind: usize) -> Fault {
    let node = rng.usize(0..NODES);
    let lasts = milliseconds(rng, 5_000, 9_000);
    let reach = if rng.bool() { Reach::One(node) } else { Reach::All };
    match kind {
        0 => Fault::Kill { node, away: milliseconds(rng, 0, 5_000) },
        1 => Fault::Hang { node, lasts },
        2 => Fault::Cut { every: milliseconds(rng, 20, 500), lasts },
        3 => Fault::Delay { reach, most: milliseconds(rng, 100, 3_000), lasts },
        4 => Fault::Drop { reach, percent: rng.u8(5..=100), lasts },
        5 => Fault::Restart,
        _ => Fault::TwoAway { stays: node, killed: rng.bool(), lasts: milliseconds(rng, 3_000, 8_000) },
    }
}

fn milliseconds(rng: &mut Rng, least: u64, most: u64) -> Duration {
    Duration::from_millis(rng.u64(least..=most))
}

impl Fault {
    pub(crate) fn kind(&self) -> &'static str {
        let kind = match self {
            Self::Kill { .. } => 0,
            Self::Hang { .. } => 1,
            Self::Cut { .. } => 2,
            Self::Delay { .. } => 3,
            Self::Drop { .. } => 4,
            Self::Restart => 5,
            Self::TwoAway { .. } => 6,
        };
        KINDS.get(kind).copied().unwrap_or_default()
    }

    /// How long it takes on a busy machine until all is well again.
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
            let faults: Vec<_> = schedule(seed).take(5 * KINDS.len()).collect();
            for round in faults.chunks(KINDS.len()) {
                let kinds: BTreeSet<_> = round.iter().map(|planned| planned.fault.kind()).collect();
                assert_eq!(kinds.len(), KINDS.len(), "{round:?}");
            }
        }
    }

    #[test]
    fn there_is_time_for_two_faults_a_minute() {
        for seed in 0..50 {
            let faults: Vec<_> = schedule(seed).take(10 * KINDS.len()).collect();
            let time: Duration = faults.iter().map(|planned| planned.after + planned.fault.takes()).sum();
            assert!(faults.len() as f64 / time.as_secs_f64() * 60.0 > 2.0, "{time:?}");
        }
    }
}

//! The arguments of the command.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

/// Leaks are told from what is in use after the first minute.
const LEAST_MINUTES: u64 = 2;
const MOST_MINUTES: u64 = 24 * 60;

/// Of three clocks the first and the last are twice as far apart.
const MOST_APART: u32 = 4;

pub(crate) const USAGE: &str = "\
cargo xtask soak --minutes N [--seed S] [--mode last-write-wins|versioned|owned] [--layout by-id|by-shard] [--clocks-apart S]

  --minutes  how long the load lasts, at least 2
  --seed     what the faults and the calls follow from; another one each time unless given
  --mode     how the table is written, last-write-wins unless given
  --layout   how the table is keyed, by-id unless given; by-shard uses one fixed shard and is for last-write-wins only
  --clocks-apart
             the load runs in three processes, whose clocks are this many seconds apart, at most 4; for last-write-wins only
";

/// Which write stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Mode {
    LastWriteWins,
    Versioned,
    /// Several stores claim the same ids.
    Owned,
}

impl Mode {
    pub(crate) fn uses_transactions(self) -> bool {
        self != Self::LastWriteWins
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    ById,
    ByShard,
}

/// What a run is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) minutes: u64,
    pub(crate) seed: u64,
    pub(crate) mode: Mode,
    pub(crate) layout: Layout,
    /// In seconds: how far the clock of each of three processes is ahead of the one before it.
    pub(crate) clocks_apart: Option<u32>,
}

impl Options {
    /// Reads the arguments, each `--name value` or `--name=value`.
    ///
    /// # Errors
    /// When one is missing, unknown, given twice or has a value it cannot have.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self> {
        let (mut minutes, mut seed, mut mode, mut layout, mut clocks_apart) = (None, None, None, None, None);
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (argument.as_str(), None),
            };
            let mut value = || value.or_else(|| arguments.next().map(String::as_str));
            match name {
                "--minutes" => set(&mut minutes, name, value())?,
                "--seed" => set(&mut seed, name, value())?,
                "--mode" => set(&mut mode, name, value())?,
                "--layout" => set(&mut layout, name, value())?,
                "--clocks-apart" => set(&mut clocks_apart, name, value())?,
                _ => bail!("soak knows --minutes, --seed, --mode, --layout and --clocks-apart, not {name:?}"),
            }
        }
        let minutes = minutes.context("--minutes is needed: how long the load lasts")?;
        ensure!(
            (LEAST_MINUTES..=MOST_MINUTES).contains(&minutes),
            "--minutes: {minutes} is not from {LEAST_MINUTES} to {MOST_MINUTES}"
        );
        let options = Self {
            minutes,
            seed: seed.unwrap_or_else(any_seed),
            mode: mode.unwrap_or(Mode::LastWriteWins),
            layout: layout.unwrap_or(Layout::ById),
            clocks_apart,
        };
        ensure!(
            clocks_apart.is_none() || options.mode == Mode::LastWriteWins,
            "--clocks-apart is for --mode last-write-wins only; in the others clocks decide nothing"
        );
        ensure!(
            clocks_apart.is_none_or(|seconds| seconds <= MOST_APART),
            "--clocks-apart: more than {MOST_APART} is more than the default of max_clock_drift allows"
        );
        ensure!(
            !options.mode.uses_transactions() || options.layout == Layout::ById,
            "--layout: by-shard is for --mode last-write-wins only; the table of other modes is keyed by id"
        );
        Ok(options)
    }

    pub(crate) fn duration(&self) -> Duration {
        Duration::from_secs(self.minutes * 60)
    }

    /// What the files of the run are called.
    pub(crate) fn name(&self) -> String {
        let clocks = self.clocks_apart.map_or(String::new(), |_| "-clocks".to_owned());
        format!("{}-{}{clocks}-{}", self.mode, self.layout, self.seed)
    }
}

/// The command that runs the same again.
impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { minutes, seed, mode, layout, clocks_apart } = self;
        write!(f, "cargo xtask soak --minutes {minutes} --seed {seed} --mode {mode} --layout {layout}")?;
        clocks_apart.map_or(Ok(()), |seconds| write!(f, " --clocks-apart {seconds}"))
    }
}

fn set<T: FromStr<Err: fmt::Display>>(place: &mut Option<T>, name: &str, value: Option<&str>) -> Result<()> {
    let value = value.with_context(|| format!("{name} needs a value"))?;
    let value = value.parse().map_err(|error| anyhow::anyhow!("{name}: {value:?}: {error}"))?;
    ensure!(place.replace(value).is_none(), "{name} is given twice");
    Ok(())
}

/// Short enough to be typed.
fn any_seed() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs() % 1_000_000
}

impl FromStr for Mode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "last-write-wins" => Ok(Self::LastWriteWins),
            "versioned" => Ok(Self::Versioned),
            "owned" => Ok(Self::Owned),
            _ => Err("none of last-write-wins, versioned, owned"),
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LastWriteWins => "last-write-wins",
            Self::Versioned => "versioned",
            Self::Owned => "owned",
        })
    }
}

impl FromStr for Layout {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "by-id" => Ok(Self::ById),
            "by-shard" => Ok(Self::ByShard),
            _ => Err("neither by-id nor by-shard"),
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ById => "by-id",
            Self::ByShard => "by-shard",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        Options::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_come_in_any_order_and_both_forms() {
        let all = Options { minutes: 20, seed: 7, mode: Mode::Versioned, layout: Layout::ById, clocks_apart: None };
        assert_eq!(parse("--minutes 20 --seed 7 --mode versioned --layout by-id").unwrap(), all);
        assert_eq!(parse("--mode=versioned --seed=7 --minutes=20").unwrap(), all);
        let by_shard = Options { mode: Mode::LastWriteWins, layout: Layout::ByShard, ..all };
        assert_eq!(parse("--minutes 20 --seed 7 --layout by-shard").unwrap(), by_shard);
    }

    #[test]
    fn the_command_that_is_printed_runs_the_same_again() {
        for line in [
            "--minutes 2 --seed 9 --layout=by-shard",
            "--minutes 3 --mode versioned",
            "--minutes 3 --mode owned",
            "--minutes 3 --clocks-apart 3",
        ] {
            let options = parse(line).unwrap();
            let again = options.to_string();
            assert_eq!(parse(again.strip_prefix("cargo xtask soak").unwrap()).unwrap(), options);
        }
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        for (line, part) in [
            ("", "--minutes is needed"),
            ("--minutes", "--minutes needs a value"),
            ("--minutes 1", "--minutes: 1 is not from 2 to 1440"),
            ("--minutes x", "--minutes: \"x\""),
            ("--minutes 2 --minutes 3", "--minutes is given twice"),
            ("--minutes 2 --seed -1", "--seed: \"-1\""),
            ("--minutes 2 --mode fast", "--mode: \"fast\": none of last-write-wins, versioned, owned"),
            ("--minutes 2 --layout x", "--layout: \"x\": neither by-id nor by-shard"),
            ("--minutes 2 --mode versioned --layout by-shard", "the table of other modes is keyed by id"),
            ("--minutes 2 --mode owned --clocks-apart 3", "--clocks-apart is for --mode last-write-wins only"),
            ("--minutes 2 --clocks-apart 5", "--clocks-apart: more than 4"),
            ("--minutes 2 --nodes 5", "not \"--nodes\""),
        ] {
            let error = parse(line).unwrap_err().to_string();
            assert!(error.contains(part), "{line:?}: {error}");
        }
    }
}

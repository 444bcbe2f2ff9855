//! The arguments of the command.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// What to measure, and where to put what comes out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// The bars only, in five minutes.
    pub(crate) quick: bool,
    /// The instructions of each operation, and nothing else.
    pub(crate) instructions: bool,
    /// The points whose titles contain this, and no others.
    pub(crate) only: Option<String>,
    /// The folder of the report; `target/bench` unless told otherwise.
    pub(crate) out: Option<PathBuf>,
    /// Alternating runs of each point, where not as planned.
    pub(crate) rounds: Option<u32>,
    /// The length of each run, where not as planned.
    pub(crate) millis: Option<u64>,
}

pub(crate) fn parse(arguments: &[&str]) -> Result<Options> {
    let mut options = Options::default();
    let mut arguments = arguments.iter().copied();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument {
            "--quick" => options.quick = true,
            "--instructions" => options.instructions = true,
            "--only" => options.only = Some(value()?.into()),
            "--out" => options.out = Some(value()?.into()),
            "--rounds" => options.rounds = Some(number(argument, value()?)?),
            "--millis" => options.millis = Some(number(argument, value()?)?.into()),
            _ => bail!("bench knows --quick, --instructions, --only, --out, --rounds and --millis, not {argument}"),
        }
    }
    Ok(options)
}

fn number(name: &str, text: &str) -> Result<u32> {
    let number = text.parse().ok().filter(|number| (1..=60_000).contains(number));
    number.with_context(|| format!("{name} is a number from 1 to 60000, not {text:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_come_in_any_order() {
        let line = ["--millis", "20", "--out", "elsewhere", "--quick", "--rounds", "3", "--only", "owned"];
        let options = parse(&line).unwrap();
        let (out, rounds, millis, only) = (Some("elsewhere".into()), Some(3), Some(20), Some("owned".into()));
        assert_eq!(options, Options { quick: true, out, rounds, millis, only, instructions: false });
        assert!(parse(&["--instructions"]).unwrap().instructions);
        assert_eq!(parse(&[]).unwrap(), Options::default());
    }

    #[test]
    fn arguments_without_a_meaning_are_refused() {
        for (arguments, part) in [
            (&["--fast"][..], "not --fast"),
            (&["--out"], "--out needs a value"),
            (&["--rounds", "0"], "--rounds is a number from 1 to 60000, not \"0\""),
            (&["--millis", "1s"], "not \"1s\""),
        ] {
            let error = format!("{:#}", parse(arguments).unwrap_err());
            assert!(error.contains(part), "{error}");
        }
    }
}

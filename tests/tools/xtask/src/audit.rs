//! Checks the dependencies with `cargo deny`: known vulnerabilities, licences, duplicates, sources.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{bounded, steps::Steps, tools::first_line, workspace};

/// The version that is installed. Another with the same first two numbers will do.
const VERSION: &str = "0.20.2";

/// What dependencies may be.
const RULES: &str = ".cargo/deny.toml";

/// The folder of the advisories, as [`RULES`] has it.
const ADVISORIES: &str = "target/tools/advisories";

/// A network that says nothing for so long is taken for none.
const FETCH: Duration = Duration::from_secs(60);

/// The program, where it is: installed on the system, or by [`ensure`].
pub(crate) fn found() -> Option<(PathBuf, String)> {
    let places = [PathBuf::from("cargo-deny"), workspace::root().join("target/tools/bin/cargo-deny")];
    places.into_iter().find_map(|program| {
        let version = first_line(Command::new(&program).arg("--version")).filter(|version| fits(version))?;
        Some((program, version))
    })
}

/// Whether it knows the rules and arguments we give it.
fn fits(version: &str) -> bool {
    let series = |version: &str| version.split('.').take(2).map(str::to_owned).collect::<Vec<_>>();
    version.rsplit(' ').next().map(series) == Some(series(VERSION))
}

/// The command that installs it, with our versions of all it is made of.
pub(crate) fn how_to_install() -> String {
    format!("cargo {}", install_arguments().join(" "))
}

fn install_arguments() -> [&'static str; 7] {
    ["install", "cargo-deny", "--locked", "--version", VERSION, "--root", "target/tools"]
}

/// Makes sure it is there: the first time it is compiled, after saying so.
///
/// # Errors
/// Where it is missing and cannot be had.
pub(crate) fn ensure() -> Result<PathBuf> {
    if let Some((program, _)) = found() {
        return Ok(program);
    }
    println!("cargo-deny is missing, installing it, which takes some minutes once: {}", how_to_install());
    let installed = workspace::run(workspace::cargo().args(install_arguments()));
    installed.context("cargo-deny could not be installed, so the dependencies cannot be checked")?;
    let (program, _) = found().context("cargo-deny is still missing after its installation")?;
    Ok(program)
}

/// Checks the dependencies: with what the network gives, or with what there is of it here.
///
/// # Errors
/// On a finding. Never because the network is away; what could not be checked is then said.
pub(crate) fn run(steps: &Steps) -> Result<()> {
    let program = ensure()?;
    let advisories = renewed_advisories(&program, steps)?;
    let mut deny = Command::new(program);
    deny.current_dir(workspace::root()).args(["--offline", "--locked", "--workspace", "--config", RULES]);
    if let Err(error) = bounded::run(workspace::cargo().args(["fetch", "--locked", "--quiet"]), FETCH) {
        steps.note(&format!("offline ({error:#}): only what this platform needs is checked"));
        deny.args(["--target", &platform()?]);
    }
    deny.args(["check", "bans", "licenses", "sources"]).args(advisories.then_some("advisories"));
    workspace::run(&mut deny)
}

/// Fetches the advisories. Whether there are any to check with, new or from an earlier time.
fn renewed_advisories(program: &Path, steps: &Steps) -> Result<bool> {
    let mut fetch = Command::new(program);
    fetch.current_dir(workspace::root()).args(["--config", RULES, "fetch", "db"]);
    // A question would be one that nobody sees.
    fetch.env("GIT_TERMINAL_PROMPT", "0");
    let fetched = bounded::run(&mut fetch, FETCH);
    let newest = newest_advisory();
    match (fetched, &newest) {
        (Ok(()), Some(_)) => {}
        (Ok(()), None) => bail!("the advisories were fetched, but are not in {ADVISORIES}"),
        (Err(error), Some(date)) => {
            steps.note(&format!("offline: the advisories could not be renewed ({error:#}); those of {date} are used"));
        }
        (Err(error), None) => {
            steps
                .note(&format!("offline: ADVISORIES WERE NOT CHECKED, there are none here and no network ({error:#})"));
        }
    }
    Ok(newest.is_some())
}

/// The day of the newest advisory there is here.
fn newest_advisory() -> Option<String> {
    let databases = workspace::root().join(ADVISORIES).read_dir().ok()?;
    let folders = databases.filter_map(Result::ok).map(|entry| entry.path()).filter(|path| path.join(".git").exists());
    let day =
        |folder| first_line(Command::new("git").arg("-C").arg(folder).args(["show", "-s", "--format=%cs", "HEAD"]));
    folders.filter_map(day).max()
}

fn platform() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output()?;
    let output = String::from_utf8_lossy(&output.stdout);
    let host = output.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned);
    host.context("rustc -vV does not say its host")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_of_the_same_series_will_do() {
        for version in ["cargo-deny 0.20.2", "cargo-deny 0.20.9"] {
            assert!(fits(version), "{version}");
        }
        for version in ["cargo-deny 0.19.9", "cargo-deny 0.2.2", "cargo-deny 1.20.2", "", "0"] {
            assert!(!fits(version), "{version}");
        }
    }

    #[test]
    fn the_advisories_are_where_the_rules_put_them() {
        let rules = std::fs::read_to_string(workspace::root().join(RULES)).unwrap();
        assert!(rules.contains(&format!("db-path = \"{ADVISORIES}\"")));
    }
}

//! `cargo xtask bench`: measures the store against what a user would pick instead.

use anyhow::Result;

use crate::{driver, tools::Tool, workspace};

/// Runs the bench, which knows the arguments.
///
/// # Errors
/// When it does not build or run, and when a bar is missed.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    println!("{}", driver::ensure()?);
    Tool::Java.ensure()?;
    Tool::Maven.ensure()?;
    let mut bench = workspace::cargo();
    bench.args(["run", "--profile", "bench", "--quiet", "--package", "bench", "--"]).args(arguments);
    workspace::run(&mut bench)
}

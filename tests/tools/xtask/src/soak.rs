//! `cargo xtask soak`: three nodes under load and faults, in a program of its own since it needs the native driver.

use anyhow::{Context, Result};

use crate::{driver, workspace};

/// Makes sure of the driver, then runs the soak with these arguments, which it checks itself.
///
/// # Errors
/// When there is no driver, or the soak does not end with zeros.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    println!("{}", driver::ensure()?);
    let mut cargo = workspace::cargo();
    cargo.args(["run", "--release", "--package", "soak", "--"]).args(arguments);
    workspace::run(&mut cargo).context("the soak failed")
}

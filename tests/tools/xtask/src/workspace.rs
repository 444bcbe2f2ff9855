//! The folder all commands work in, and the child processes they start there.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::driver;

/// Where the loader looks for libraries first. On macOS the fallback, since the other would override Apple's own.
const LIBRARY_PATH: &str = if cfg!(target_os = "macos") { "DYLD_FALLBACK_LIBRARY_PATH" } else { "LD_LIBRARY_PATH" };

/// The folder of the workspace's Cargo.toml.
pub(crate) fn root() -> PathBuf {
    // As `cargo run` says it: two checkouts that share a target folder share this program, compiled for one of them.
    let member = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let member = PathBuf::from(member);
    member.ancestors().nth(3).unwrap_or(&member).to_owned()
}

/// Where local Cassandras keep their jars and their data.
pub(crate) fn cassandra() -> PathBuf {
    root().join("target/cassandra")
}

/// The cargo that runs us, in the workspace, its children finding the driver even where the rpath does not reach:
/// with CARGO_TARGET_DIR elsewhere, with RUSTFLAGS or with `--target`.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    toolchains::forget_our_package(&mut cargo);
    find_libraries_in(&mut cargo, &driver::folder());
    cargo
}

/// Puts `folder` before what the loader searches for `command`.
pub(crate) fn find_libraries_in(command: &mut Command, folder: &Path) {
    let already = env::var_os(LIBRARY_PATH).unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(env::split_paths(&already));
    // A folder with a colon in its name cannot be said in that variable; the rpath remains.
    if let Ok(path) = env::join_paths(folders.filter(|folder| !folder.as_os_str().is_empty())) {
        command.env(LIBRARY_PATH, path);
    }
}

/// Runs `command` to its end, its output shown.
///
/// # Errors
/// When it cannot be started or does not succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let path = Path::new(command.get_program());
    let program = path.file_name().unwrap_or(path.as_os_str()).display().to_string();
    let status = command.status().with_context(|| format!("cannot run {program}"))?;
    if !status.success() {
        bail!("{program} ended with {status}");
    }
    Ok(())
}

//! `cargo xtask driver`: fills `target/driver/lib` with the native driver, libcassandra.
//!
//! Everything that links or runs our binaries looks in that one folder, wherever the driver came from.

mod elf;
mod probe;
mod source;
mod wheel;

use std::{
    fs,
    path::{Path, PathBuf},
    process,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result};

use crate::workspace;
pub(crate) use elf::search_own_folder;
use source::Source;

/// The driver's file name, as `-lcassandra` finds it.
pub(crate) const LIBRARY: &str = if cfg!(target_os = "macos") { "libcassandra.dylib" } else { "libcassandra.so" };

/// Written last into a folder made from the wheel: what it was made from and the length of every file.
const STAMP: &str = "SOURCE";

/// Half-filled folders older than this belong to a run that died.
const ABANDONED: Duration = Duration::from_secs(15 * 60);

/// Where the driver is once [`ensure`] has returned.
pub(crate) fn folder() -> PathBuf {
    workspace::root().join("target/driver/lib")
}

/// Whether a driver is in place, of whatever source.
pub(crate) fn is_there() -> bool {
    folder().join(LIBRARY).is_file()
}

/// Makes sure of the driver and says where it is from.
///
/// # Errors
/// As [`ensure`].
pub(crate) fn run() -> Result<()> {
    println!("{}", ensure()?);
    Ok(())
}

/// Makes sure that `target/driver/lib` holds the driver and returns one line saying where it is from.
///
/// # Errors
/// When there is no driver to be had for this system, or the one found does not link and run.
pub(crate) fn ensure() -> Result<String> {
    let source = Source::choose()?;
    let lib = folder();
    if !is_ready(&lib, &source)
        && let Err(error) = fill(&lib, &source)
        // Another process may have put it there meanwhile.
        && !is_ready(&lib, &source)
    {
        return Err(error);
    }
    Ok(format!("driver: {source}"))
}

/// The files that a program has to bring along to run elsewhere on this machine: none where the driver is the system's.
///
/// # Errors
/// As [`ensure`].
pub(crate) fn to_ship() -> Result<Vec<PathBuf>> {
    // The wheel's brings its own OpenSSL; one that somebody has built names the system's.
    let beginning = match Source::choose()? {
        Source::Folder(folder) if source::is_searched_by_the_loader(&folder) => return Ok(Vec::new()),
        Source::Folder(_) => "libcassandra.",
        Source::Wheel => "lib",
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder())? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(beginning) {
            files.push(entry.path());
        }
    }
    Ok(files)
}

/// Whether `lib` is exactly what [`fill`] makes of `source`. A half-finished or altered folder is not.
fn is_ready(lib: &Path, source: &Source) -> bool {
    match source {
        Source::Folder(folder) => match (lib.canonicalize(), folder.canonicalize()) {
            (Ok(lib), Ok(folder)) => lib == folder,
            _ => false,
        },
        // A link leads to a folder that is not ours to rely on, even if it was made from the wheel.
        Source::Wheel if lib.is_symlink() => false,
        Source::Wheel => match (fs::read_to_string(lib.join(STAMP)), stamp(lib)) {
            (Ok(written), Ok(found)) => written == found,
            _ => false,
        },
    }
}

/// Builds the folder beside `lib`, tries the driver in it, and only then puts it in place.
fn fill(lib: &Path, source: &Source) -> Result<()> {
    let parent = lib.parent().context("the driver's folder has no parent")?;
    let work = parent.join(format!("work-{}", process::id()));
    remove_abandoned(parent).and_then(|()| remove(&work))?;
    fs::create_dir_all(&work).with_context(|| format!("cannot make {}", work.display()))?;

    let made = build(&work, source).and_then(|fresh| {
        probe::links_and_runs(&fresh, &work).with_context(|| format!("the driver does not work: {source}"))?;
        replace(lib, &fresh, &work.join("replaced"))
    });
    remove(&work)?;
    made
}

/// Makes the new folder inside `work` and returns its path.
fn build(work: &Path, source: &Source) -> Result<PathBuf> {
    let fresh = work.join("lib");
    match source {
        // A link to the folder, not to the file: the driver may look for its own libraries beside itself.
        Source::Folder(folder) => link(folder, &fresh)?,
        Source::Wheel => {
            fs::create_dir(&fresh)?;
            wheel::unpack(&work.join("wheel"), &fresh)?;
            fs::write(fresh.join(STAMP), stamp(&fresh)?)?;
        }
    }
    Ok(fresh)
}

/// Moves what is at `lib` away and `fresh` there. Nobody ever sees a half-filled `lib`.
fn replace(lib: &Path, fresh: &Path, replaced: &Path) -> Result<()> {
    if lib.symlink_metadata().is_ok() {
        fs::rename(lib, replaced).with_context(|| format!("cannot replace {}", lib.display()))?;
    }
    fs::rename(fresh, lib).with_context(|| format!("cannot put the driver at {}", lib.display()))
}

/// What [`STAMP`] must say for the files that are in `lib` now.
fn stamp(lib: &Path) -> Result<String> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(lib)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != STAMP {
            lines.push(format!("{name} {}\n", entry.metadata()?.len()));
        }
    }
    lines.sort();
    Ok(format!("{}\n{}", wheel::REQUIREMENT, lines.concat()))
}

fn remove_abandoned(parent: &Path) -> Result<()> {
    for entry in fs::read_dir(parent).into_iter().flatten() {
        let entry = entry?;
        let is_work = entry.file_name().to_string_lossy().starts_with("work-");
        let changed = entry.metadata().and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        if is_work && changed.elapsed().unwrap_or_default() > ABANDONED {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// Removes a folder with all in it; there being none is fine.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> Result<()> {
    Ok(std::os::unix::fs::symlink(target, at)?)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> Result<()> {
    anyhow::bail!("the developer commands need Linux or macOS")
}

#[cfg(test)]
mod tests;

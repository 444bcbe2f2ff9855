//! Processes whose clock is wrong. A library that is preloaded into them shifts the time of day.

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::atomic::{AtomicU32, Ordering},
};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/shifted_clock.c");

/// Has the process of a command begin with a clock that is this many seconds ahead; behind, if negative. The library that
/// does it is compiled into `folder`.
///
/// # Errors
/// When the library cannot be compiled.
pub fn shift(command: &mut Command, seconds: i64, folder: &Path) -> io::Result<()> {
    let library = compiled(folder)?;
    let others = env::var_os("LD_PRELOAD").unwrap_or_default();
    command.env("LD_PRELOAD", [library.as_os_str(), &others].join(&OsString::from(":")));
    command.env("SHIFTED_CLOCK_SECONDS", seconds.to_string());
    Ok(())
}

fn compiled(folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let library = folder.join("libshifted_clock.so");
    // Made under another name first: another process may be loading it, or another thread making it.
    static MADE: AtomicU32 = AtomicU32::new(0);
    let made = library.with_extension(format!("{}-{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed)));
    let status = Command::new("cc").args(["-shared", "-fPIC", "-O2", SOURCE, "-o"]).arg(&made).status()?;
    if !status.success() {
        return Err(io::Error::other(format!("cc does not compile {SOURCE}: {status}")));
    }
    fs::rename(made, &library)?;
    Ok(library)
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    #[test]
    fn the_time_of_day_of_a_process_is_shifted() {
        let folder = env::temp_dir().join(format!("clock-{}", process::id()));
        for seconds in [-3_600, 0, 3_600] {
            let mut date = Command::new("date");
            shift(date.arg("+%s"), seconds, &folder).unwrap();
            let printed = String::from_utf8(date.output().unwrap().stdout).unwrap();
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
            let off = printed.trim().parse::<i64>().unwrap() - now - seconds;
            assert!((-60..=60).contains(&off), "{seconds}: {off}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}

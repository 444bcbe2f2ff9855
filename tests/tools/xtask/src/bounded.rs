//! Programs that talk to the network, with a time limit.

use std::{
    io::Read,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

const POLL: Duration = Duration::from_millis(50);

/// What a program has to tidy up after it was told to end.
const GRACE: Duration = Duration::from_secs(2);

/// Runs `command` for `limit` at the longest, in silence, with all it starts.
///
/// # Errors
/// With the last line it wrote, when it does not succeed in that time.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Result<()> {
    let program = command.get_program().display().to_string();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    // With a group of its own its children end with it: git has several.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut child = command.spawn().with_context(|| format!("cannot run {program}"))?;
    let errors = child.stderr.take().map(|mut pipe| {
        thread::spawn(move || {
            let mut text = Vec::new();
            let _ = pipe.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        })
    });
    let Some(status) = wait(&mut child, limit)? else {
        end(&mut child)?;
        bail!("no answer within {} s", limit.as_secs());
    };
    if status.success() {
        return Ok(());
    }
    let errors = errors.and_then(|thread| thread.join().ok()).unwrap_or_default();
    let last = errors.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it says nothing");
    bail!("{status}: {last}")
}

/// How it ended, or nothing if it has not within `limit`.
fn wait(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

/// Ends it and its children: first so that they can remove what is half done, then at once.
fn end(child: &mut Child) -> Result<()> {
    let group = format!("-{}", child.id());
    let signal = |name: &str| Command::new("kill").args([name, "--", &group]).stderr(Stdio::null()).status();
    signal("-TERM")?;
    wait(child, GRACE)?;
    // Also where the first of them has ended: the others need not have.
    signal("-KILL")?;
    let _ = child.kill();
    child.wait()?;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str, limit: Duration) -> Result<()> {
        run(Command::new("sh").args(["-c", script]), limit)
    }

    #[test]
    fn what_takes_too_long_is_ended_with_its_children() {
        let started = Instant::now();
        let error = sh("trap '' TERM; sleep 600 & sleep 600", Duration::from_millis(100)).unwrap_err();
        assert!(error.to_string().contains("no answer"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_failure_comes_with_its_last_line() {
        sh("echo fine >&2", Duration::from_secs(60)).unwrap();
        let error = sh("echo one >&2; echo two >&2; echo >&2; exit 3", Duration::from_secs(60)).unwrap_err();
        assert!(error.to_string().ends_with("3: two"), "{error}");
    }
}

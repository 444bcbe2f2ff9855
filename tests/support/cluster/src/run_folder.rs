//! The folder of one running cluster, and what becomes of folders whose owner died.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result};

use crate::{
    lock::{lock, try_lock},
    process::end_nodes_below,
};

/// How long logs that were kept stay.
const LOGS_ARE_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// A folder `run/<unique>` that this process owns: it holds the lock on the file `owner` inside. Dropped, the folder
/// is removed.
#[derive(Debug)]
pub(crate) struct RunFolder {
    path: PathBuf,
    /// Held by whoever makes or removes a run's folder.
    lock: PathBuf,
    keep_logs: AtomicBool,
    _owner: File,
}

impl RunFolder {
    /// Ends what earlier runs whose owners died have left below `folder`, then makes a new run's folder.
    pub(crate) fn create(folder: &Path) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let runs = folder.join("run");
        fs::create_dir_all(&runs).with_context(|| format!("making {}", runs.display()))?;
        // Held until the new folder has its owner, so that nobody takes it for an orphan.
        let one_at_a_time = folder.join("run.lock");
        let _held = lock(&one_at_a_time)?;
        reap(&runs)?;

        let unix_time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = runs.join(format!("{}-{}-{count}", unix_time.as_secs(), std::process::id()));
        fs::create_dir(&path).with_context(|| format!("making {}", path.display()))?;
        let owner = lock(&path.join("owner"))?;
        Ok(Self { path, lock: one_at_a_time, keep_logs: AtomicBool::new(false), _owner: owner })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the nodes' logs stay for a day.
    pub(crate) fn keep_logs(&self) {
        self.keep_logs.store(true, Ordering::Relaxed);
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // What cannot be removed now, the next start removes.
        let _held = lock(&self.lock);
        if self.keep_logs.load(Ordering::Relaxed) {
            let _ = File::create(self.path.join("kept"));
            let _ = remove_all_but_logs(&self.path);
        } else {
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes what every node of a run has stored, and leaves the logs.
pub(crate) fn remove_all_but_logs(run: &Path) -> Result<()> {
    for node in fs::read_dir(run)? {
        let node = node?.path();
        if !node.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&node)? {
            let entry = entry?.path();
            if entry.is_dir() && !entry.ends_with("logs") {
                fs::remove_dir_all(&entry).with_context(|| format!("removing {}", entry.display()))?;
            }
        }
    }
    Ok(())
}

/// Ends the nodes of every run whose owner died and removes its folder.
fn reap(runs: &Path) -> Result<()> {
    for run in fs::read_dir(runs).with_context(|| format!("listing {}", runs.display()))? {
        let run = run?.path();
        if !run.is_dir() || logs_are_kept(&run) {
            continue;
        }
        let Some(_dead_owner) = try_lock(&run.join("owner"))? else { continue };
        end_nodes_below(&run)?;
        fs::remove_dir_all(&run).with_context(|| format!("removing {}", run.display()))?;
    }
    Ok(())
}

fn logs_are_kept(run: &Path) -> bool {
    let age = run.join("kept").metadata().and_then(|file| file.modified()).map(|at| at.elapsed().unwrap_or_default());
    age.is_ok_and(|age| age < LOGS_ARE_KEPT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{
        MAIN_CLASS, storage_option,
        tests::{ended, pretend_node},
    };

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("cluster-run-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_run_whose_owner_died_is_ended_and_removed() {
        let folder = scratch("dead");
        let orphan = folder.join("run/1-1-1");
        fs::create_dir_all(orphan.join("node1/data")).unwrap();
        let mut node = pretend_node(&[&storage_option(&orphan.join("node1")), MAIN_CLASS]);

        let _run = RunFolder::create(&folder).unwrap();
        assert!(!orphan.exists());
        assert!(ended(&node));
        node.wait().unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_run_whose_owner_lives_is_left_alone() {
        let folder = scratch("alive");
        let first = RunFolder::create(&folder).unwrap();
        let mut node = pretend_node(&[&storage_option(&first.path().join("node1")), MAIN_CLASS]);

        let second = RunFolder::create(&folder).unwrap();
        assert!(!ended(&node));
        assert!(first.path().exists());
        assert_ne!(first.path(), second.path());
        node.kill().unwrap();
        node.wait().unwrap();
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_dropped_run_leaves_nothing_but_logs_on_request() {
        let folder = scratch("drop");
        for keep in [false, true] {
            let run = RunFolder::create(&folder).unwrap();
            let path = run.path().to_owned();
            fs::create_dir_all(path.join("node1/data/commitlog")).unwrap();
            fs::create_dir_all(path.join("node1/logs")).unwrap();
            if keep {
                run.keep_logs();
            }
            drop(run);
            assert!(!path.join("node1/data").exists());
            assert_eq!(path.join("node1/logs").exists(), keep);
            drop(RunFolder::create(&folder).unwrap());
            assert_eq!(path.exists(), keep, "kept logs outlive the next start");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}

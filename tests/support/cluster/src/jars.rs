//! Cassandra's jars, fetched once per version with Maven.

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{builder::Progress, lock::lock, log_file};

/// The folder with the jars of a Cassandra version, fetched first if they are not there yet.
///
/// They are fetched beside their place and moved there when complete, one process at a time: a fetch that was cut off
/// leaves nothing that a later one would take for whole.
pub(crate) fn ensure(folder: &Path, version: &str, progress: &Progress) -> Result<PathBuf> {
    let plain = |char: char| char.is_ascii_alphanumeric() || ".-".contains(char);
    ensure!(
        version.starts_with(|char: char| char.is_ascii_digit()) && version.chars().all(plain),
        "{version:?} is not a Cassandra version such as {}",
        crate::DEFAULT_VERSION
    );
    let home = folder.join(version);
    let lib = home.join("lib");
    if lib.is_dir() {
        return Ok(lib);
    }
    fs::create_dir_all(&home).with_context(|| format!("making {}", home.display()))?;
    let _one_at_a_time = lock(&home.join("fetch.lock"))?;
    if !lib.is_dir() {
        let fetched = fetch(&home.join("fetching"), version, progress)?;
        fs::rename(&fetched, &lib).with_context(|| format!("moving the jars to {}", lib.display()))?;
        let _ = fs::remove_dir_all(home.join("fetching"));
    }
    Ok(lib)
}

fn fetch(folder: &Path, version: &str, progress: &Progress) -> Result<PathBuf> {
    let _ = fs::remove_dir_all(folder);
    let lib = folder.join("lib");
    fs::create_dir_all(&lib).with_context(|| format!("making {}", lib.display()))?;
    let (pom, log) = (folder.join("pom.xml"), folder.join("maven.log"));
    fs::write(&pom, pom_xml(version))?;

    progress.say(&format!("fetching Cassandra {version} with Maven (about 66 MB)"));
    let started = Instant::now();
    let mut maven = spawn_maven(&pom, &lib, &log)?;
    let mut reported = started;
    let status = loop {
        if let Some(status) = maven.try_wait()? {
            break status;
        }
        if reported.elapsed() > Duration::from_secs(10) {
            reported = Instant::now();
            progress.say(&format!("still fetching after {} s, {} jars", started.elapsed().as_secs(), count(&lib)));
        }
        sleep(Duration::from_millis(100));
    };
    if !status.success() {
        let output = log_file::tail(&log_file::read_from(&log, 0), 20);
        bail!(
            "Maven could not fetch Cassandra {version} ({status}). It uses your own settings.xml. Its output:\n{output}"
        );
    }
    ensure!(lib.join(format!("cassandra-all-{version}.jar")).is_file(), "Maven fetched no cassandra-all {version}");
    progress.say(&format!("fetched {} jars in {} s", count(&lib), started.elapsed().as_secs()));
    Ok(lib)
}

fn spawn_maven(pom: &Path, lib: &Path, log: &Path) -> Result<Child> {
    let output = File::create(log)?;
    let mut maven = Command::new("mvn");
    maven.args(["--batch-mode", "--quiet", "-Dstyle.color=never", "--file"]).arg(pom);
    maven.args(["dependency:copy-dependencies", "-DincludeScope=runtime"]);
    maven.arg(format!("-DoutputDirectory={}", lib.display()));
    maven.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    maven.spawn().map_err(|error| match error.kind() {
        ErrorKind::NotFound => anyhow::anyhow!(
            "mvn is not on PATH; it fetches Cassandra's jars. Install Maven (Debian, Ubuntu: apt install maven; \
             macOS: brew install maven)"
        ),
        _ => anyhow::Error::new(error).context("starting mvn"),
    })
}

fn count(lib: &Path) -> usize {
    fs::read_dir(lib).map_or(0, Iterator::count)
}

fn pom_xml(version: &str) -> String {
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId>
  <artifactId>cassandra-jars</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.cassandra</groupId>
      <artifactId>cassandra-all</artifactId>
      <version>{version}</version>
    </dependency>
  </dependencies>
</project>
"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pom_names_the_version() {
        assert!(pom_xml("5.0.6").contains("<artifactId>cassandra-all</artifactId>\n      <version>5.0.6</version>"));
    }

    #[test]
    fn what_is_no_version_is_refused_before_anything_is_made() {
        for version in ["", "../5.0.6", "five", "5.0.6<x>"] {
            let error = ensure(Path::new("/no/such/folder"), version, &Progress::silent()).unwrap_err();
            assert!(error.to_string().contains("is not a Cassandra version"), "{error:#}");
        }
    }
}

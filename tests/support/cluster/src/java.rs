//! Finding a Java that Cassandra runs on.

use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

/// The only releases that Cassandra 5.0 supports.
const SUPPORTED: [u32; 2] = [17, 11];

/// The path of a `java` that Cassandra runs on: from JAVA_HOME, from PATH, or from where systems install it.
///
/// # Errors
/// When there is none, naming what was found and what installs one.
pub fn find() -> Result<PathBuf> {
    let mut unsuitable = Vec::new();
    for java in candidates() {
        match major_version(&java) {
            Some(version) if SUPPORTED.contains(&version) => return Ok(java),
            Some(version) => unsuitable.push(format!("{} is Java {version}", java.display())),
            None => {}
        }
    }
    let found = if unsuitable.is_empty() { "none was found".to_owned() } else { unsuitable.join(", ") };
    bail!(
        "Cassandra needs Java 17 or 11, but {found}. Install one (Debian, Ubuntu: apt install openjdk-17-jre-headless; \
         macOS: brew install openjdk@17) or set JAVA_HOME to its folder"
    )
}

fn candidates() -> Vec<PathBuf> {
    let home = env::var_os("JAVA_HOME").map(|home| PathBuf::from(home).join("bin/java"));
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).map(|folder| folder.join("java")).collect::<Vec<_>>();
    let installed = ["/usr/lib/jvm", "/Library/Java/JavaVirtualMachines", "/opt/homebrew/opt"].map(installed_in);
    home.into_iter().chain(on_path).chain(installed.into_iter().flatten()).filter(|java| java.is_file()).collect()
}

/// The Java installations that have a folder of their own in `folder`.
fn installed_in(folder: &str) -> Vec<PathBuf> {
    let about_java = |name: &OsStr| ["java", "jdk", "jre", "temurin"].iter().any(|word| contains(name, word));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut homes: Vec<PathBuf> =
        entries.filter(|entry| about_java(&entry.file_name())).map(|entry| entry.path()).collect();
    homes.sort();
    homes.iter().flat_map(|home| [home.join("bin/java"), home.join("Contents/Home/bin/java")]).collect()
}

fn contains(name: &OsStr, word: &str) -> bool {
    name.to_string_lossy().contains(word)
}

fn major_version(java: &Path) -> Option<u32> {
    let output = Command::new(java).arg("-version").output().ok()?;
    parse_version(&String::from_utf8_lossy(&output.stderr))
}

/// The major version in the output of `java -version`.
fn parse_version(text: &str) -> Option<u32> {
    let quoted = text.lines().find(|line| line.contains(" version \""))?.split('"').nth(1)?;
    let mut numbers = quoted.split(|char: char| !char.is_ascii_digit()).map(|number| number.parse().ok());
    match numbers.next()?? {
        // Up to Java 8 the version was written 1.8.
        1 => numbers.next()?,
        major => Some(major),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_java_s_own_words() {
        assert_eq!(parse_version("openjdk version \"17.0.15\" 2025-04-15\nOpenJDK"), Some(17));
        assert_eq!(parse_version("Picked up JAVA_TOOL_OPTIONS: -Dx\nopenjdk version \"11.0.2\" 2019"), Some(11));
        assert_eq!(parse_version("java version \"1.8.0_312\""), Some(8));
        assert_eq!(parse_version("openjdk version \"25-ea\" 2025"), Some(25));
        assert_eq!(parse_version("Unable to locate a Java Runtime"), None);
    }
}

//! Cassandra's own command for the people who look after a node: the same class in the same jars as theirs.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use crate::launch::{Launcher, file_url, openings};

const MAIN_CLASS: &str = "org.apache.cassandra.tools.NodeTool";

/// Left to itself it logs DEBUG to its output.
const LOGBACK_XML: &str = "<configuration><root level=\"OFF\"/></configuration>\n";

/// Writes the command for the node whose files are in `folder`, and gives the folder that it is in.
pub(crate) fn make(folder: &Path, launcher: &Launcher) -> Result<PathBuf> {
    let bin = folder.join("bin");
    let write = || -> io::Result<()> {
        fs::create_dir_all(&bin)?;
        fs::write(bin.join("logback.xml"), LOGBACK_XML)?;
        let command = bin.join("nodetool");
        fs::write(&command, script(&bin, launcher))?;
        fs::set_permissions(&command, fs::Permissions::from_mode(0o755))
    };
    write().with_context(|| format!("writing nodetool into {}", bin.display()))?;
    Ok(bin)
}

fn script(bin: &Path, launcher: &Launcher) -> String {
    let mut words = vec![launcher.java.display().to_string(), "-Xmx128m".to_owned()];
    words.extend(openings());
    words.extend([
        "-XX:+PerfDisableSharedMem".to_owned(),
        format!("-Dlogback.configurationFile={}", file_url(&bin.join("logback.xml"))),
        // It writes what it was asked into a file there.
        format!("-Duser.home={}", bin.display()),
        "-cp".to_owned(),
        launcher.class_path(),
        MAIN_CLASS.to_owned(),
    ]);
    words.extend(["-h", "127.0.0.1", "-p", &launcher.jmx_port.to_string()].map(str::to_owned));
    let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
    format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" "))
}

/// The word as a shell takes it whole.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_with_a_quote_stays_one_word() {
        assert_eq!(quoted("/it's here/*"), "'/it'\\''s here/*'");
    }
}

//! Where the driver comes from on this machine.

use std::{
    env, fmt,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use super::{LIBRARY, wheel};

/// Names the folder of a driver to use before any other; `;` separates several, as in cassandra-cpp-sys.
pub(crate) const VARIABLE: &str = "CASSANDRA_SYS_LIB_PATH";

/// Where packages and `make install` put libraries.
const WELL_KNOWN: [&str; 8] = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/local/lib/x86_64-linux-gnu",
    "/usr/lib64",
    "/usr/local/lib64",
    "/usr/local/lib",
    "/usr/lib",
    "/opt/homebrew/lib",
];

/// One driver.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A folder that holds one already.
    Folder(PathBuf),
    /// The wheel of a Python client that brings one along.
    Wheel,
}

impl Source {
    /// The first there is of: the folder in [`VARIABLE`], the system's, the wheel.
    ///
    /// # Errors
    /// When the variable names a folder without a driver, or nothing fits this system.
    pub(crate) fn choose() -> Result<Self> {
        if let Ok(named) = env::var(VARIABLE)
            && !named.is_empty()
        {
            return from_variable(&named);
        }
        if let Some(folder) = on_the_system() {
            return Ok(Self::Folder(folder));
        }
        if wheel::FITS_THIS_SYSTEM {
            return Ok(Self::Wheel);
        }
        bail!("{}", how_to_install())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.join(LIBRARY).display()),
            Self::Wheel => write!(f, "from the Python package {}, in target/driver/lib", wheel::REQUIREMENT),
        }
    }
}

/// Whether programs find libraries in this folder without being told.
pub(super) fn is_searched_by_the_loader(folder: &Path) -> bool {
    WELL_KNOWN.iter().any(|known| Path::new(known) == folder)
}

fn from_variable(named: &str) -> Result<Source> {
    match named.split(';').map(PathBuf::from).find(|folder| has_driver(folder)) {
        // Absolute, since the link to it is read from another folder.
        Some(folder) => Ok(Source::Folder(std::path::absolute(folder)?)),
        None => bail!("{VARIABLE} is {named:?} but there is no {LIBRARY}: name the folder that holds it, or unset it"),
    }
}

fn on_the_system() -> Option<PathBuf> {
    let by_pkg_config = Command::new("pkg-config").args(["--variable=libdir", "cassandra"]).output();
    let by_pkg_config = by_pkg_config.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    let named = by_pkg_config.into_iter().filter(|folder| !folder.is_empty()).map(PathBuf::from);
    named.chain(WELL_KNOWN.map(PathBuf::from)).find(|folder| has_driver(folder))
}

/// A runtime package alone (`libcassandra.so.2`) does not count: the linker needs the plain name.
fn has_driver(folder: &Path) -> bool {
    folder.join(LIBRARY).is_file()
}

fn how_to_install() -> String {
    let packaged = if cfg!(target_os = "macos") { "  brew install cassandra-cpp-driver\nor build it: " } else { "  " };
    format!(
        "there is no driver (libcassandra) on this system and none to download for it. Install it:\n{packaged}\
         git clone https://github.com/datastax/cpp-driver && cmake -S cpp-driver -B cpp-driver/build && \
         cmake --build cpp-driver/build\nthen set {VARIABLE} to the folder that holds {LIBRARY}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_folder_without_a_driver_is_refused() {
        let error = from_variable("/nonexistent").unwrap_err().to_string();
        assert!(error.contains(VARIABLE) && error.contains("/nonexistent"), "{error}");
    }
}

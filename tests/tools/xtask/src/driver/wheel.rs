//! Extracts the driver from a Python wheel.
//!
//! The C++ driver is in no package index under its own name, but the wheel of `acsylla`, a Python client, holds
//! ScyllaDB's build of it (2.16.2) with every function that `cassandra-cpp-sys` declares, and OpenSSL beside it.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use super::{LIBRARY, elf};
use crate::tools;

/// The wheel's name and version, as pip writes them.
pub(crate) const REQUIREMENT: &str = "acsylla==1.2.0";

/// The wheels are built against glibc, for these two kinds of processor.
pub(crate) const FITS_THIS_SYSTEM: bool =
    cfg!(all(target_os = "linux", target_env = "gnu", any(target_arch = "x86_64", target_arch = "aarch64")));

const X86_64_SHA256: &str = "361c55c5344c14b70d491f6416aab2434f2c1abed5c0425f876edb44d35e3396";
const AARCH64_SHA256: &str = "c596f9720880026e9bc6e58bf867005787e7ad2d8424f1a1ee1c2f8777a0901f";

/// Fetches the wheel into the new folder `work` and puts the driver and its libraries into `lib`.
///
/// # Errors
/// When pip cannot fetch the wheel or finds another digest, or when the files in it are not as expected.
pub(crate) fn unpack(work: &Path, lib: &Path) -> Result<()> {
    fetch(work, std::env::consts::ARCH)?;
    let module = only_shared_library(&work.join("acsylla/_cython"))?;
    let mut driver = fs::read(&module)?;
    elf::make_standalone(&mut driver).with_context(|| format!("cannot patch {}", module.display()))?;
    fs::write(lib.join(LIBRARY), driver)?;
    for entry in fs::read_dir(work.join("acsylla.libs"))? {
        let entry = entry?;
        fs::rename(entry.path(), lib.join(entry.file_name()))?;
    }
    Ok(())
}

/// Lets pip download, check and unpack the wheel. It refuses a file whose SHA-256 is not one of ours.
fn fetch(work: &Path, arch: &str) -> Result<()> {
    fs::create_dir_all(work)?;
    let requirements = work.join("requirements.txt");
    let digests = format!("--hash=sha256:{X86_64_SHA256} --hash=sha256:{AARCH64_SHA256}");
    fs::write(&requirements, format!("{REQUIREMENT} {digests}\n"))?;
    let output = tools::pip()?
        .args(["install", "--no-deps", "--require-hashes", "--only-binary=:all:", "--no-compile", "--quiet"])
        .args(["--implementation", "cp", "--python-version", "3.11"])
        .arg(format!("--platform=manylinux_2_28_{arch}"))
        .arg("--target")
        .arg(work)
        .arg("--requirement")
        .arg(&requirements)
        // `--target` and a configured `user = true` exclude each other.
        .env("PIP_USER", "0")
        .output()
        .context("cannot run pip")?;
    if !output.status.success() {
        bail!("pip cannot install {REQUIREMENT}:\n{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn only_shared_library(folder: &Path) -> Result<std::path::PathBuf> {
    let entries = fs::read_dir(folder).with_context(|| format!("{REQUIREMENT} has no {}", folder.display()))?;
    let files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    let mut libraries = files.into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "so"));
    match (libraries.next(), libraries.next()) {
        (Some(library), None) => Ok(library),
        _ => bail!("{} should hold exactly one shared library", folder.display()),
    }
}

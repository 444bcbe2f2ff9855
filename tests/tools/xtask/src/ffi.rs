//! `cargo xtask ffi`: the library for programs in other languages.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::{driver, workspace};

const USAGE: &str = "\
cargo xtask ffi [--debug] [--install PREFIX]
cargo xtask ffi --header

Builds libdurable_store.so and libdurable_store.a, for programs in C and every language that can call C.

  --debug            with symbols, and with checks that find handles used after they were freed
  --install PREFIX   puts them into PREFIX/lib, with the driver beside them unless it is the system's, the header into
                     PREFIX/include, and durable_store.pc into PREFIX/lib/pkgconfig
  --header           writes resources/include/durable_store.h anew, from src/ffi
";

const SHARED: &str = "libdurable_store.so";
const STATIC: &str = "libdurable_store.a";

/// What a program that links the static library has to link besides; the driver's own libraries come with the driver.
const LINKED_BY_STATIC: &str = "-lcassandra -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc";

#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    debug: bool,
    install: Option<PathBuf>,
    header: bool,
}

/// Builds, and installs where told to.
///
/// # Errors
/// When there is no driver, the library does not build, or a file cannot be put in its place.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if matches!(arguments, [help] if matches!(help.as_str(), "help" | "--help" | "-h")) {
        print!("{USAGE}");
        return Ok(());
    }
    let options = parse(arguments)?;
    if options.header {
        return workspace::run(workspace::cargo().args(["run", "--quiet", "--package", "clients", "--bin", "header"]));
    }
    if !cfg!(target_os = "linux") {
        bail!(
            "ffi builds for Linux; elsewhere: cargo rustc --release --lib --features ffi --crate-type cdylib,staticlib"
        );
    }
    println!("{}", driver::ensure()?);
    let files = build(options.debug)?;
    match &options.install {
        Some(prefix) => install(&files, prefix)?,
        None => files.iter().for_each(|file| println!("{}", file.display())),
    }
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Options> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--debug" => options.debug = true,
            "--header" => options.header = true,
            "--install" => {
                let prefix = rest.next().filter(|prefix| !prefix.is_empty()).context("--install needs a folder")?;
                options.install = Some(std::path::absolute(prefix)?);
            }
            other => bail!("ffi does not know {other:?}\n\n{USAGE}"),
        }
    }
    if options.header && (options.debug || options.install.is_some()) {
        bail!("--header goes with nothing else");
    }
    Ok(options)
}

/// Builds the libraries and says where cargo has put them.
fn build(debug: bool) -> Result<Vec<PathBuf>> {
    let mut cargo = workspace::cargo();
    cargo.args(["rustc", "--quiet", "--package", "durable-store", "--lib", "--features", "ffi"]);
    cargo.args(["--crate-type", "cdylib,staticlib", "--message-format", "json-render-diagnostics"]);
    if !debug {
        cargo.arg("--release");
    }
    // As installed: it is found by its name, and finds the driver beside itself.
    cargo.args(["--", "-C", "link-arg=-Wl,-rpath,$ORIGIN", "-C"]).arg(format!("link-arg=-Wl,-soname,{SHARED}"));
    let output = cargo.stderr(Stdio::inherit()).output().context("cannot run cargo")?;
    if !output.status.success() {
        bail!("the library does not build: {}", output.status);
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let files: Vec<_> = messages.lines().filter_map(built_by).flatten().collect();
    for name in [SHARED, STATIC] {
        if !files.iter().any(|file| file.ends_with(name)) {
            bail!("cargo has built no {name}");
        }
    }
    Ok(files)
}

/// The files that a message of cargo says it has built, if they are of the library.
fn built_by(message: &str) -> Option<Vec<PathBuf>> {
    let message: Value = serde_json::from_str(message).ok()?;
    if message.get("target")?.get("name")? != "durable_store" {
        return None;
    }
    let files = message.get("filenames")?.as_array()?;
    Some(files.iter().filter_map(Value::as_str).map(PathBuf::from).collect())
}

fn install(files: &[PathBuf], prefix: &Path) -> Result<()> {
    let (lib, include) = (prefix.join("lib"), prefix.join("include"));
    for folder in [&lib.join("pkgconfig"), &include] {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    for file in files {
        let name = file.file_name().context("cargo names a file without a name")?;
        let mut bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        if name == SHARED {
            // The workspace's rpaths lead elsewhere from there.
            driver::search_own_folder(&mut bytes).with_context(|| format!("{} is not as expected", file.display()))?;
        }
        put(&lib.join(name), &bytes)?;
    }
    let header = workspace::root().join("resources/include/durable_store.h");
    put(&include.join("durable_store.h"), &fs::read(header)?)?;
    let page = include.join("durable_state.proto");
    put(&page, &fs::read(workspace::root().join("resources/durable_state.proto"))?)?;
    for file in driver::to_ship()? {
        let name = file.file_name().context("the driver has a file without a name")?;
        put(&lib.join(name), &fs::read(&file)?)?;
    }
    put(&lib.join("pkgconfig/durable_store.pc"), package().as_bytes())?;
    println!("installed in {}", prefix.display());
    Ok(())
}

/// Where it lies is worked out from where the file lies, so the folder can be moved.
fn package() -> String {
    format!(
        "prefix=${{pcfiledir}}/../..\n\
         libdir=${{prefix}}/lib\n\
         includedir=${{prefix}}/include\n\
         \n\
         Name: durable_store\n\
         Description: Keeps the latest state of each entity in Apache Cassandra\n\
         Version: {}\n\
         Cflags: -I${{includedir}}\n\
         Libs: -L${{libdir}} -Wl,-rpath,${{libdir}} -ldurable_store\n\
         Libs.private: {LINKED_BY_STATIC}\n",
        env!("CARGO_PKG_VERSION")
    )
}

/// Puts a file in its place as a whole: programs that run with the one before keep it.
fn put(at: &Path, bytes: &[u8]) -> Result<()> {
    let mut beside = at.as_os_str().to_owned();
    beside.push(format!(".{}", std::process::id()));
    let beside = PathBuf::from(beside);
    let put = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, at));
    put.map_err(|error| anyhow!("cannot write {}: {error}", at.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options> {
        parse(&arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_folder_to_install_in_is_made_absolute() {
        let options = parsed(&["--install", "/opt/x", "--debug"]).unwrap();
        assert_eq!(options, Options { debug: true, install: Some("/opt/x".into()), header: false });
        assert!(parsed(&["--install", "x"]).unwrap().install.unwrap().is_absolute());
    }

    #[test]
    fn arguments_without_a_meaning_are_refused() {
        for arguments in [&["--install"][..], &["--install", ""], &["release"], &["--header", "--debug"]] {
            assert!(parsed(arguments).is_err(), "{arguments:?}");
        }
    }
}

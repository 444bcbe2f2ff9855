//! The header of the C interface.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cbindgen::{Builder, Config};

/// The files that exported functions are in, in the order of the header.
const SOURCES: [&str; 10] =
    ["constants", "store", "states", "update", "bulk", "scan", "schema", "error", "bytes", "log"];

/// The folder of the workspace's Cargo.toml.
pub fn root() -> PathBuf {
    let member = Path::new(env!("CARGO_MANIFEST_DIR"));
    member.ancestors().nth(2).unwrap_or(member).to_owned()
}

/// Where the header is kept.
pub fn path() -> PathBuf {
    root().join("resources/include/durable_store.h")
}

/// The header as the sources have it now.
///
/// # Errors
/// With what is wrong in the sources, or in cbindgen.toml.
pub fn header() -> io::Result<String> {
    let config = Config::from_file(root().join("tests/clients/cbindgen.toml")).map_err(io::Error::other)?;
    let builder = SOURCES.iter().fold(Builder::new().with_config(config), |builder, name| {
        builder.with_src(root().join("src/ffi").join(name).with_extension("rs"))
    });
    let mut text = Vec::new();
    builder.generate().map_err(io::Error::other)?.write(&mut text);
    String::from_utf8(text).map_err(io::Error::other)
}

/// Puts the header in its place.
///
/// # Errors
/// As [`header`], and where it cannot be written.
pub fn write() -> io::Result<()> {
    fs::write(path(), header()?)
}

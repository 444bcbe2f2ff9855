//! The library, as a program in another language finds it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The folder it is installed in, built once: without optimization, so that its own checks are in it.
pub(crate) fn installed() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let prefix = clients::root().join("target/ffi-debug");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["xtask", "ffi", "--debug", "--install"]).arg(&prefix).current_dir(clients::root());
        toolchains::forget_our_package(&mut cargo);
        let output = cargo.output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        prefix
    })
}

/// A folder for what a test makes with it.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = installed().join("tests").join(name);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

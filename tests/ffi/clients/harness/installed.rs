//! The library, as a program in another language finds it.

use std::{
    env, fs,
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
        // What cargo tells a test of its package would have it build everything anew that looks at such variables.
        for (variable, _) in env::vars_os() {
            let of_package = [&b"CARGO_PKG_"[..], b"CARGO_MANIFEST_", b"OUT_DIR"];
            if of_package.iter().any(|beginning| variable.as_encoded_bytes().starts_with(beginning)) {
                cargo.env_remove(variable);
            }
        }
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

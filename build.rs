//! Says what to do when this workspace has no native driver to link against yet.

use std::env;
use std::path::Path;

fn main() {
    let folder = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let folder = Path::new(&folder);
    let (commands, driver) = (folder.join("tests/tools/xtask"), folder.join("target/driver/lib/libcassandra.so"));
    println!("cargo::rerun-if-changed=build.rs");
    // As somebody's dependency we come without the developer commands; the driver is then theirs to install.
    if !commands.exists() || !linked_from_target() {
        return;
    }
    println!("cargo::rerun-if-changed={}", driver.display());
    if !driver.exists() {
        println!("cargo::warning=there is no native driver to link against yet; run: cargo xtask driver");
    }
}

/// Whether `.cargo/config.toml` has the driver linked from target/driver/lib for the target being built.
fn linked_from_target() -> bool {
    let is = |name: &str, values: &[&str]| env::var(name).is_ok_and(|value| values.contains(&value.as_str()));
    is("CARGO_CFG_TARGET_OS", &["linux"]) && is("CARGO_CFG_TARGET_ARCH", &["x86_64", "aarch64"])
}

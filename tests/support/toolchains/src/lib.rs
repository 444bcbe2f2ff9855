//! What tests and commands of several packages need to run other programs.
//!
//! One is built here: `tests/peers/go` does what eGo's Go module "Durable State Store (Cassandra)" does.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Where the Go program is.
pub const GO_MODULE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../peers/go");

/// Where it is set, tests with programs in other languages fail when those cannot be built, and are not left out.
pub const REQUIRED: &str = "CASSANDRA_TEST_REQUIRE_PEERS";

/// Whether a missing toolchain of another language fails the tests: in CI, and under `cargo xtask test --long`.
pub fn are_required() -> bool {
    ["CI", REQUIRED].iter().any(|name| env::var_os(name).is_some())
}

/// Keeps from a cargo that is run by `command` what our own cargo says of our package: it would build everything anew that
/// looks at such variables.
pub fn forget_our_package(command: &mut Command) {
    for (variable, _) in env::vars_os() {
        let of_package = [&b"CARGO_PKG_"[..], b"CARGO_MANIFEST_", b"OUT_DIR"];
        if of_package.iter().any(|beginning| variable.as_encoded_bytes().starts_with(beginning)) {
            command.env_remove(variable);
        }
    }
}

/// The version of the Go that is here and can build the program, such as `go1.26.0`.
///
/// # Errors
/// Saying what is wrong where there is no Go, or one that is too old for the program's modules.
pub fn find_go() -> Result<String, String> {
    let output = go(&["env", "GOVERSION"]).map_err(|error| format!("there is no Go: {error}"))?;
    said(output).map_err(|error| format!("this Go cannot build the program: {error}"))
}

/// Builds the Go program into `folder`, which is made if need be, and says where it is.
///
/// # Errors
/// With what the compiler said.
pub fn build_go(folder: &Path) -> Result<PathBuf, String> {
    let program = folder.join("peer");
    // The program has no use for the state of the repository, which Go refuses to read where another user owns it.
    let output = go(&["build", "-buildvcs=false", "-o", &program.to_string_lossy(), "."]);
    said(output.map_err(|error| error.to_string())?).map_err(|error| format!("{GO_MODULE}: go build: {error}"))?;
    Ok(program)
}

fn go(arguments: &[&str]) -> io::Result<Output> {
    Command::new("go").args(arguments).current_dir(GO_MODULE).output()
}

fn said(output: Output) -> Result<String, String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

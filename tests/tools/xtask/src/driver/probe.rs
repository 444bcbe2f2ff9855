//! Tries a driver the way it will be used: links a program against it and runs that.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};

use crate::workspace;

const PROGRAM: &str = r#"
#[link(name = "cassandra")]
unsafe extern "C" {
    fn cass_uuid_gen_new() -> *mut std::ffi::c_void;
    fn cass_uuid_gen_free(generator: *mut std::ffi::c_void);
}

fn main() {
    unsafe { cass_uuid_gen_free(cass_uuid_gen_new()) }
}
"#;

/// Builds the program in `work` against the driver in `lib`, and runs it with every symbol resolved at once.
///
/// # Errors
/// With what the compiler, the linker or the loader said.
pub(crate) fn links_and_runs(lib: &Path, work: &Path) -> Result<()> {
    let source = work.join("probe.rs");
    let program = work.join("probe");
    fs::write(&source, PROGRAM)?;
    let mut compile = Command::new("rustc");
    compile.args(["--edition=2024", "-o"]).arg(&program).arg("-L").arg(lib).arg(&source);
    run(&mut compile)?;
    let mut probe = Command::new(&program);
    workspace::find_libraries_in(&mut probe, lib);
    run(probe.env("LD_BIND_NOW", "1"))
}

fn run(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !output.status.success() {
        bail!("{} ({})", String::from_utf8_lossy(&output.stderr).trim(), output.status);
    }
    Ok(())
}

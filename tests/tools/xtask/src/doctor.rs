//! `cargo xtask doctor`: what this machine has, what it lacks, and the command that helps.

use std::{env, process::Command};

use anyhow::{Result, bail};

use crate::{
    audit, driver, server,
    tools::{Tool, first_line},
};

/// One line of the report.
struct Item {
    name: &'static str,
    found: Option<String>,
    /// What to do when it is not there.
    help: String,
    /// Whether the commands cannot do without it here.
    required: bool,
}

/// Prints the report.
///
/// # Errors
/// When something required is missing.
pub(crate) fn run() -> Result<()> {
    let items = items();
    for item in &items {
        let (state, text) = match &item.found {
            Some(found) => ("ok", found.clone()),
            None if item.required => ("MISSING", item.help.clone()),
            None => ("absent", format!("not required: {}", item.help)),
        };
        println!("{state:8} {:30} {text}", item.name);
    }
    let missing = items.iter().filter(|item| item.required && item.found.is_none()).map(|item| item.name);
    let missing = missing.collect::<Vec<_>>().join(", ");
    if !missing.is_empty() {
        bail!("missing: {missing}");
    }
    println!("\nEverything required is there. Next: cargo xtask quickstart");
    Ok(())
}

fn items() -> Vec<Item> {
    let contact_points = env::var(server::CONTACT_POINTS).ok().filter(|named| !named.is_empty());
    let has_driver = driver::is_there();
    let rust = Item {
        name: "Rust",
        found: first_line(Command::new("rustc").arg("--version")),
        help: format!("install {} or newer from https://rustup.rs", env!("CARGO_PKG_RUST_VERSION")),
        required: true,
    };
    let tools = Tool::ALL.map(|tool| Item {
        name: tool.name(),
        found: tool.found(),
        help: tool.how_to_install(),
        required: match tool {
            Tool::Pip => !has_driver,
            Tool::Java | Tool::Maven => contact_points.is_none(),
            Tool::Linker | Tool::Rustfmt | Tool::Clippy => true,
            Tool::Make | Tool::PkgConfig | Tool::CPlusPlus | Tool::Valgrind => false,
        },
    });
    let driver = Item {
        name: "driver (libcassandra)",
        found: has_driver.then(|| driver::folder().display().to_string()),
        help: "every command gets it by itself; alone: cargo xtask driver".to_owned(),
        required: false,
    };
    let deny = Item {
        name: "cargo-deny",
        found: audit::found().map(|(program, version)| format!("{version} ({})", program.display())),
        help: format!("cargo xtask check gets it by itself; alone: {}", audit::how_to_install()),
        required: false,
    };
    let go = toolchains::find_go();
    let go = Item {
        name: "Go",
        help: format!(
            "{}; without it cargo xtask test leaves out the tests against the Go program, and with --long they fail",
            go.as_ref().err().map_or("", String::as_str)
        ),
        found: go.ok(),
        required: false,
    };
    let docker = Item {
        name: "Docker daemon",
        found: cluster::docker_answers().then(|| "answers".to_owned()),
        help: "tests use a local Cassandra where none answers".to_owned(),
        required: false,
    };
    let server = Item {
        name: server::CONTACT_POINTS,
        found: contact_points,
        help: "host:port of a Cassandra to use; unset, one is started".to_owned(),
        required: false,
    };
    [rust].into_iter().chain(tools).chain([driver, deny, go, docker, server]).collect()
}

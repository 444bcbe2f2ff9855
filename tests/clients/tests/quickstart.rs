//! examples/c, made and run as its reader would.

use std::{env, fs, path::PathBuf, process::Command};

use crate::harness::{Keyspace, address, folder, installed, is_missing, printed};

const PRINTED: &str = "\
Wrote the first version of account-42.
Refused: version 1 of account-42 is there already.
Read from the server: version 1, a balance of 4200 cents.
There is no state of account-43.
";

/// A copy of the example, so that nothing is left in the sources.
fn copied(name: &str) -> PathBuf {
    let folder = folder(name);
    for file in ["Makefile", "protobuf.h", "quickstart.c"] {
        fs::copy(clients::root().join("examples/c").join(file), folder.join(file)).unwrap();
    }
    folder
}

fn run(program: PathBuf) {
    let keyspace = Keyspace::new(address());
    let uri = format!("cassandra://{}/{}", address(), keyspace.name());
    assert_eq!(printed(Command::new(program).arg(uri)), PRINTED);
}

/// What pkg-config says of the installed library.
fn package(question: &[&str]) -> Vec<String> {
    let mut command = Command::new("pkg-config");
    command.env("PKG_CONFIG_PATH", installed().join("lib/pkgconfig")).args(question).arg("durable_store");
    printed(&mut command).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_quickstart_is_made_with_pkg_config_and_runs() {
    if is_missing("make") || is_missing("pkg-config") {
        return;
    }
    let folder = copied("quickstart");
    let mut make = Command::new("make");
    // Of the make or cargo that runs us.
    make.env_remove("MAKEFLAGS").env_remove("LD_LIBRARY_PATH");
    make.arg("--always-make").arg("CFLAGS=-O2 -Wall -Wextra -Wpedantic -Werror").current_dir(&folder);
    printed(make.arg(format!("PREFIX={}", installed().display())));
    run(folder.join("quickstart"));
}

#[test]
fn the_static_library_links_with_what_pkg_config_says() {
    if is_missing("pkg-config") {
        return;
    }
    let folder = copied("static");
    let program = folder.join("quickstart");
    let library = |flag: String| if flag == "-ldurable_store" { "-l:libdurable_store.a".to_owned() } else { flag };
    let mut cc = Command::new("cc");
    cc.arg("-o").arg(&program).arg(folder.join("quickstart.c")).args(package(&["--cflags"]));
    printed(cc.args(package(&["--static", "--libs"]).into_iter().map(library)));
    run(program);
}

#[test]
fn pkg_config_knows_the_version() {
    if is_missing("pkg-config") {
        return;
    }
    assert_eq!(package(&["--modversion"]), [env!("CARGO_PKG_VERSION")]);
}

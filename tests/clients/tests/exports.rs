//! The symbols and names of the shared library.

use std::{collections::BTreeSet, process::Command};

use crate::{
    harness::{installed, printed},
    header::functions,
};

#[test]
fn the_library_exports_exactly_the_functions_of_the_header() {
    let library = installed().join("lib/libdurable_store.so");
    let symbols = printed(Command::new("nm").args(["--dynamic", "--defined-only"]).arg(library));
    let exported: BTreeSet<_> =
        symbols.lines().filter_map(|line| line.split(' ').next_back()).map(str::to_owned).collect();
    let declared: BTreeSet<_> = functions().into_iter().map(|(name, _)| name).collect();
    assert_eq!(exported, declared);
}

#[test]
fn the_library_finds_its_driver_and_has_its_soname() {
    let library = installed().join("lib/libdurable_store.so");
    let dynamic = printed(Command::new("readelf").arg("--dynamic").arg(library));
    for part in ["Library runpath: [$ORIGIN]", "Library soname: [libdurable_store.so]"] {
        assert!(dynamic.contains(part), "{dynamic}");
    }
}

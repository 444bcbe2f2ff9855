//! The folders of `src` are layers: each uses those below it, and none above. Modules of one folder form no cycle.

use std::collections::{BTreeMap, BTreeSet};

use super::{code_of, read, rust_files};

/// The layers from the bottom to the top. Modules of one line do not use each other.
const LAYERS: &[&[&str]] = &[
    &["error", "block_on"],
    &["telemetry"],
    &["state"],
    &["config"],
    &["table"],
    &["call"],
    &["driver"],
    &["session"],
    &["store"],
    &["ffi", "conformance", "fuzzing", "_documentation"],
];

fn layer_of(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The names after `crate::` and `super::` in the code of a file, as whole paths.
fn paths_in(code: &str, root: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(root) {
        let is_word = rest[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        rest = &rest[at + root.len()..];
        if !is_word {
            found.extend(expanded(rest));
        }
    }
    found
}

/// The paths of a use tree, such as `a::{b, c::d}`; of any other text the path at its beginning.
fn expanded(text: &str) -> Vec<String> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let Some(group) = rest.strip_prefix('{') else { return vec![path.trim_end_matches(':').to_owned()] };
    let (mut depth, mut items, mut item) = (1, Vec::new(), String::new());
    for c in group.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || (depth == 1 && c == ',') {
            items.push(std::mem::take(&mut item));
            if depth == 0 {
                break;
            }
        } else {
            item.push(c);
        }
    }
    let items = items.iter().map(|item| item.trim()).filter(|item| !item.is_empty());
    items.flat_map(|item| expanded(item).into_iter().map(move |rest| format!("{path}{rest}"))).collect()
}

/// The module of each name that `lib.rs` exports.
fn exports(lib: &str) -> BTreeMap<String, String> {
    let uses = code_of(lib)
        .split("pub use ")
        .skip(1)
        .map(|rest| rest.split(';').next().unwrap().to_owned())
        .collect::<Vec<_>>();
    let paths = uses.iter().flat_map(|text| expanded(&text.replace('\n', " ")));
    paths.filter_map(|path| path.split_once("::").map(|(module, name)| (name.to_owned(), module.to_owned()))).collect()
}

/// The module of `src` that a path below `crate::` leads to.
fn module_of(path: &str, exports: &BTreeMap<String, String>) -> Option<String> {
    let first = path.split("::").next().unwrap_or_default();
    if layer_of(first).is_some() { Some(first.to_owned()) } else { exports.get(first).cloned() }
}

/// What breaks the rules in these files of `src`, by their paths and texts.
fn breaches(files: &[(String, String)], lib: &str) -> Vec<String> {
    let exports = exports(lib);
    let mut found = Vec::new();
    for (name, text) in files {
        let own = name.trim_start_matches("src/").split(['/', '.']).next().unwrap();
        let Some(layer) = layer_of(own) else { continue };
        for path in paths_in(&code_of(text), "crate::") {
            let Some(used) = module_of(&path, &exports).filter(|used| used != own) else { continue };
            let is_driver = used == "driver" && own != "session";
            if layer_of(&used) >= Some(layer) || (is_driver && layer_of("driver") < Some(layer)) {
                found.push(format!("{name} uses {path}, of the layer {used}"));
            }
        }
    }
    found.extend(cycles(files));
    found
}

/// Cycles among the modules of one folder, by their `super::` paths.
fn cycles(files: &[(String, String)]) -> Vec<String> {
    let modules: BTreeSet<&str> = files.iter().map(|(name, _)| name.trim_end_matches(".rs")).collect();
    let uses: BTreeMap<&str, BTreeSet<String>> = files
        .iter()
        .map(|(name, text)| {
            let own = name.trim_end_matches(".rs");
            let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
            let paths = paths_in(&code_of(text), "super::");
            let siblings = paths.iter().map(|path| format!("{folder}/{}", path.split("::").next().unwrap_or_default()));
            (own, siblings.filter(|used| used != own && modules.contains(used.as_str())).collect())
        })
        .collect();
    let mut found = Vec::new();
    for start in uses.keys() {
        let (mut open, mut seen) = (vec![*start], BTreeSet::new());
        while let Some(module) = open.pop() {
            for used in uses.get(module).into_iter().flatten() {
                if used == start {
                    found.push(format!("{start}.rs uses itself through {module}.rs"));
                } else if seen.insert(used.as_str()) {
                    open.push(used);
                }
            }
        }
    }
    found
}

#[test]
fn each_layer_uses_only_those_below_it() {
    let found = breaches(&rust_files("src"), &read("src/lib.rs"));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_module_has_a_layer() {
    for (name, _) in rust_files("src") {
        let module = name.trim_start_matches("src/").split(['/', '.']).next().unwrap();
        assert!(module == "lib" || layer_of(module).is_some(), "{name} has no layer; add it to LAYERS");
    }
}

#[test]
fn planted_uses_of_a_higher_layer_are_found() {
    let lib = "pub use store::{\n    DurableStore, States,\n};\npub use error::Error;\n";
    let plant = |name: &str, text: &str| breaches(&[(name.to_owned(), text.to_owned())], lib);
    for (name, text, part) in [
        ("src/config/env.rs", "use crate::{Error, DurableStore};", "uses DurableStore, of the layer store"),
        ("src/table/cql.rs", "use crate::{\n    Error,\n    session::{Pool, Lease},\n};", "uses session::Pool"),
        ("src/call/retry.rs", "fn f() { crate::driver::Session::connect() }", "uses driver::Session::connect"),
        ("src/store/read.rs", "use crate::driver::Request;", "of the layer driver"),
        ("src/error.rs", "use crate::state::limits;", "of the layer state"),
    ] {
        let found = plant(name, text);
        assert!(found.iter().any(|breach| breach.contains(part)), "{name}: {text}: {found:?}");
    }
    for (name, text) in [
        ("src/store/read.rs", "use crate::{Error, table::row};"),
        ("src/session/pool.rs", "use crate::driver::Closing;"),
        ("src/table/cql.rs", "// use crate::session::Pool;"),
    ] {
        assert_eq!(plant(name, text), [""; 0], "{name}: {text}");
    }
}

#[test]
fn a_planted_cycle_of_modules_is_found() {
    let files = |texts: &[(&str, &str)]| {
        texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect::<Vec<_>>()
    };
    let cycle = files(&[
        ("src/ffi/call.rs", "use super::{error::ErrorHandle, catch};"),
        ("src/ffi/error.rs", "use super::catch::catch_or;"),
        ("src/ffi/catch.rs", "use super::call::call;"),
    ]);
    assert!(!cycles(&cycle).is_empty());
    assert_eq!(cycles(&cycle[..2]), [""; 0]);
}

//! House rules as tests, which need no server: the layers of the code (`layers`), the language (`language`), the settings
//! (`settings`), the pages (`pages`), and the rest here.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod language;
mod layers;
mod pages;
mod settings;

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The Rust files below a folder, with their path from the top and their text.
fn rust_files(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // What cargo-fuzz makes unless told where else.
                if !path.ends_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no Rust file below {folder}");
    found
}

/// The code of a file: no comments, no docs, no tests.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn no_file_is_over_400_lines() {
    for folder in ["src", "tests", "examples"] {
        for (name, text) in rust_files(folder) {
            let lines = text.lines().count();
            assert!(lines <= 400, "{name} has {lines} lines");
        }
    }
}

#[test]
fn only_the_driver_module_names_the_binding() {
    for (name, text) in rust_files("src") {
        let allowed = name == "src/driver.rs" || name == "src/driver/cpp.rs" || name.starts_with("src/driver/cpp/");
        assert!(allowed || !text.contains("cassandra_cpp"), "{name} names cassandra_cpp");
    }
}

#[test]
fn only_the_c_interface_has_unsafe_code() {
    for (name, text) in rust_files("src") {
        let code = code_of(&text);
        let has_unsafe = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == "unsafe");
        assert!(name.starts_with("src/ffi/") || !has_unsafe, "{name} has unsafe code");
    }
    let (library, interface) = (read("src/lib.rs"), read("src/ffi.rs"));
    for line in [
        r#"#![cfg_attr(not(feature = "ffi"), forbid(unsafe_code))]"#,
        r#"#![cfg_attr(feature = "ffi", deny(unsafe_code))]"#,
        "#[cfg(feature = \"ffi\")]\nmod ffi;",
    ] {
        assert!(library.contains(line), "src/lib.rs has no {line}");
    }
    assert!(interface.contains("#![allow(unsafe_code, "), "src/ffi.rs does not say that it has unsafe code");
}

#[test]
fn only_cql_rs_holds_cql() {
    let beginnings = ["\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE ", "\"CREATE ", "\"ALTER ", "\"DROP ", "\"USE "];
    for (name, text) in rust_files("src") {
        let code = code_of(&text);
        let found = beginnings.iter().find(|beginning| code.contains(**beginning));
        assert!(name == "src/table/cql.rs" || found.is_none(), "{name} holds CQL: {found:?}");
    }
}

#[test]
fn only_telemetry_names_the_facades() {
    for (name, text) in rust_files("src") {
        let code = code_of(&text);
        let is_telemetry = name.starts_with("src/telemetry");
        assert!(is_telemetry || !code.contains("metrics::"), "{name} names the crate metrics");
        // The bridge maps levels; what it passes on goes through telemetry.
        let is_bridge = name == "src/driver/cpp/log.rs";
        assert!(is_telemetry || is_bridge || !code.contains("tracing::"), "{name} names the crate tracing");
    }
}

#[test]
fn every_dependency_says_why_it_is_there() {
    let packages = fs::read_dir(root().join("tests")).unwrap().map(|entry| entry.unwrap().path().join("Cargo.toml"));
    let manifests = packages.filter(|manifest| manifest.exists()).chain([root().join("Cargo.toml")]);
    for manifest in manifests {
        let text = fs::read_to_string(&manifest).unwrap();
        let mut section = "";
        let mut explained = false;
        for line in text.lines() {
            if line.starts_with('[') {
                section = line;
            } else if section.ends_with("dependencies]") && line.contains(" = ") {
                assert!(explained || line.contains("path = "), "{}: no comment before {line}", manifest.display());
            }
            explained = line.starts_with('#') || (explained && !line.is_empty());
        }
    }
}

#[test]
fn every_fuzz_target_calls_a_function_that_tests_call_too() {
    let (manifest, tests, notes) =
        (read("tests/fuzz/Cargo.toml"), read("src/fuzzing/tests.rs"), read("build-notes.md"));
    for (name, text) in rust_files("tests/fuzz/fuzz_targets") {
        let target = Path::new(&name).file_stem().and_then(|stem| stem.to_str()).unwrap();
        let line = format!("libfuzzer_sys::fuzz_target!(|bytes: &[u8]| durable_store::fuzzing::{target}(bytes));");
        assert_eq!(text, format!("#![no_main]\n\n{line}\n"), "{name}");
        assert!(manifest.contains(&format!("name = \"{target}\"")), "tests/fuzz/Cargo.toml has no {target}");
        assert!(tests.contains(&format!("run(\"{target}\", {target})")), "no test runs the corpus of {target}");
        assert!(notes.contains(&format!("`{target}`")), "build-notes.md does not name {target}");
    }
}

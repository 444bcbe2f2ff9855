//! House rules as tests. They need no server.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use std::{
    collections::BTreeSet,
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
fn the_layers_that_know_no_server_use_none() {
    for (name, text) in rust_files("src") {
        let pure =
            ["config", "codec", "cql", "error", "state", "memory", "table", "guard", "key", "retry", "conformance"];
        if pure.iter().any(|layer| name == format!("src/{layer}.rs") || name.starts_with(&format!("src/{layer}/"))) {
            let code = code_of(&text);
            for layer in ["driver", "pool", "connection", "lifecycle", "catalog"] {
                assert!(!code.contains(&format!("crate::{layer}")), "{name} uses {layer}");
                assert!(!code.contains(&format!("    {layer}::")), "{name} uses {layer}");
            }
        }
    }
}

#[test]
fn the_error_page_covers_every_kind_with_its_number() {
    let page = read("resources/docs/errors.md");
    let source = read("src/error/kind.rs");
    let enumeration = source.split("pub enum ErrorKind {").nth(1).and_then(|rest| rest.split('}').next()).unwrap();
    let mut kinds = 0;
    for line in enumeration.lines().map(str::trim).filter(|line| line.ends_with(',')) {
        let (name, number) = line.trim_end_matches(',').split_once(" = ").unwrap();
        assert!(page.contains(&format!("## {name} ({number})")), "errors.md has no heading for {name} ({number})");
        kinds += 1;
    }
    let headings = page.lines().filter(|line| line.starts_with("## ") && line.ends_with(')')).count();
    assert_eq!(headings, kinds, "errors.md has a heading of a kind that is not there");
    let words = ["**May have been written:**", "**Worth retrying:**", "**What to do:**"];
    for word in words {
        assert_eq!(page.matches(word).count(), kinds, "errors.md: {word}");
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

/// The words in a text that begin like a metric of ours.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("durable_store_")).collect()
}

#[test]
fn the_operating_page_covers_every_metric_every_operation_and_every_outcome() {
    let page = read("resources/docs/operating.md");
    let source = read("src/telemetry.rs");
    let names = metrics_in(&source);
    assert!(names.len() >= 8, "{names:?}");
    assert_eq!(metrics_in(&page), names);
    for name in names {
        assert!(page.contains(&format!("| `{name}` |")), "operating.md has no line in its table for {name}");
        let mut headings = page.lines().filter(|line| line.starts_with("#### "));
        assert!(headings.any(|line| line.contains(&format!("`{name}`"))), "operating.md has no heading for {name}");
    }
    let operations = source.split("operations! {").nth(1).and_then(|rest| rest.split('}').next()).unwrap();
    let kinds = read("src/error/kind.rs");
    let outcomes = kinds.split("match self {").nth(1).and_then(|rest| rest.split('}').next()).unwrap();
    for (list, least) in [(operations, 6), (outcomes, 15)] {
        let words: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
        assert!(words.len() >= least, "{words:?}");
        for word in words {
            assert!(page.contains(&format!("`{word}`")), "operating.md does not name {word}");
        }
    }
}

#[test]
fn the_readme_names_every_setting_and_every_example() {
    let readme = read("README.md");
    let builder = read("src/config/builder.rs");
    for line in builder.lines().filter(|line| line.trim().starts_with("pub fn ") && line.contains("(mut self")) {
        let name = line.trim().trim_start_matches("pub fn ").split(['(', '<']).next().unwrap();
        assert!(readme.contains(&format!("`{name}`")), "README.md does not name the setting {name}");
    }
    for (name, _) in rust_files("examples") {
        assert!(readme.contains(&name), "README.md does not name {name}");
    }
}

#[test]
fn the_figures_of_the_readme_are_those_of_the_report() {
    let (readme, report) = (read("README.md"), read("resources/bench/report.md"));
    let (_, section) = readme.split_once("\n## How fast\n").expect("the README has a section on speed");
    let section = section.split("\n## ").next().unwrap_or_default();
    let lines: Vec<_> = section.lines().filter(|line| line.starts_with("| ")).collect();
    assert!(lines.len() > 10, "{section}");
    for line in lines {
        assert!(report.contains(line), "the report does not have the line {line}");
    }
    for fact in ["date", "processor", "command"] {
        let prefix = format!("- {fact}: ");
        let fact =
            report.lines().find_map(|line| line.strip_prefix(&prefix)).expect("the report says where it was made");
        assert!(section.contains(fact.trim_matches('`')), "the README does not say {fact:?}");
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
fn every_fuzz_target_is_one_line_over_a_function_that_the_tests_call_too() {
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

#[test]
fn links_between_pages_lead_somewhere() {
    let docs = ["design", "errors", "ffi", "operating"].map(|page| format!("resources/docs/{page}.md"));
    for page in ["README.md", "build-notes.md"].into_iter().chain(docs.iter().map(String::as_str)) {
        let text = read(page);
        let folder = Path::new(page).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let is_file = !target.contains("::") && !target.starts_with('#') && !target.starts_with("http");
            let path = target.split('#').next().unwrap();
            let found = root().join(&folder).join(path).exists();
            assert!(!is_file || found, "{page} links to {target}, which is not there");
        }
    }
}

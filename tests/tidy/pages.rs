//! The pages are complete and their links lead somewhere.

use std::{collections::BTreeSet, path::Path};

use super::{read, root, rust_files};

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

/// The words in a text that begin like a metric of ours.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("durable_store_")).collect()
}

#[test]
fn the_operating_page_covers_metrics_operations_and_outcomes() {
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
fn the_readme_names_every_example() {
    let readme = read("README.md") + &read("examples/README.md");
    for (name, _) in rust_files("examples") {
        let name = Path::new(&name).file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(readme.contains(&format!("`{name}`")), "neither README.md nor examples/README.md names {name}");
    }
}

#[test]
fn the_figures_of_the_readme_are_those_of_the_report() {
    let (readme, report) = (read("README.md"), read("resources/bench/report.md"));
    let (_, section) = readme.split_once("\n## Performance\n").expect("the README has a section on performance");
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
        assert!(section.replace('\n', " ").contains(fact.trim_matches('`')), "the README does not say {fact:?}");
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let docs = ["changelog", "design", "errors", "ffi", "operating"].map(|page| format!("resources/docs/{page}.md"));
    for page in ["README.md", "build-notes.md", "examples/README.md", ".github/CONTRIBUTING.md", ".github/SECURITY.md"]
        .into_iter()
        .chain(docs.iter().map(String::as_str))
    {
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

/// The public items of a file that have neither an example nor a line that names the item with one.
fn items_without_example(text: &str) -> Vec<String> {
    let (mut docs, mut found) = (String::new(), Vec::new());
    for line in text.split("#[cfg(test)]\nmod tests").next().unwrap().lines().map(str::trim) {
        if let Some(doc) = line.strip_prefix("///") {
            docs.push_str(doc);
            docs.push('\n');
            continue;
        }
        let item =
            ["pub fn ", "pub struct ", "pub enum ", "pub trait "].iter().find_map(|start| line.strip_prefix(start));
        if let Some(item) = item {
            let has_example = docs.contains("```") || docs.contains("for an example") || docs.contains("See [`");
            if !has_example {
                found.push(item.split(['(', '<', ' ', ':', ';']).next().unwrap().to_owned());
            }
        }
        if !line.starts_with("#[") && !line.starts_with("//") {
            docs.clear();
        }
    }
    found
}

#[test]
fn every_public_item_has_an_example() {
    for (name, text) in rust_files("src") {
        let is_internal = ["src/ffi", "src/fuzzing", "src/_documentation"].iter().any(|path| name.starts_with(path));
        if !is_internal {
            assert_eq!(items_without_example(&text), [""; 0], "{name}");
        }
    }
}

#[test]
fn an_item_without_an_example_is_found() {
    let text =
        "/// Adds.\n#[must_use]\npub fn add() {}\n/// ```\n/// sub()\n/// ```\npub fn sub() {}\npub struct Sum;\n";
    assert_eq!(items_without_example(text), ["add", "Sum"]);
}

//! The language: phrases that readers had to read twice stay out, and names of tests are short sentences.

use std::{fs, path::PathBuf};

use super::{root, rust_files};

/// Phrases that are not plain, in lower case, and what to write instead.
const PHRASES: &[(&str, &str)] = &[
    ("for ever", "forever, or name what never ends"),
    ("that there is none is", "\"Succeeds if there is none.\""),
    ("what it takes", "\"has no expected duration\""),
    ("take what they take", "\"have no expected duration\""),
    ("no order that means anything", "\"in unspecified order\""),
    ("as of [", "\"see [\""),
    ("what of the", "name the subject, as in \"how much of the\""),
    ("one partition a ", "\"one partition per\""),
    ("one writer an ", "\"one writer per\""),
    ("one row an ", "\"one row per\""),
    ("a file a topic", "\"one file per topic\""),
    (" is none of ", "\"is not one of\""),
    ("are the most", "\"exceed\""),
    ("bytes are no ", "\"bytes that do not decode as\""),
    ("comes to light", "name what happens"),
    ("without a word", "\"silently\""),
    ("has in hand", "name the context"),
    ("may hear", "\"may get\""),
    ("both hear", "\"both get\""),
    ("the edge over which", "\"panic boundary\""),
    ("knows no server", "\"uses no server\""),
    ("goes on meanwhile", "\"continues in the background\""),
    ("such a one", "name it"),
    ("the very same", "\"the same\""),
    ("a line a ", "\"one line per\""),
];

/// The longest name of a test.
const LONGEST_NAME: usize = 60;

/// Beginnings of names whose subject is in no sentence before them.
const PRONOUNS: &[&str] =
    &["it_", "they_", "one_", "without_it_", "those_", "others_", "anything_else_", "this_", "these_"];

fn text_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = ["src", "tests", "examples", "resources", ".github"].map(|folder| root().join(folder)).to_vec();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_made = ["target", "corpus", "artifacts", "__pycache__", ".venv", "golden"];
            if path.is_dir() && !is_made.iter().any(|name| path.ends_with(name)) {
                open.push(path);
            } else if path.extension().is_some_and(|extension| {
                ["rs", "md", "h", "c", "go", "py", "toml"].iter().any(|known| extension == *known)
            }) {
                found.push(path);
            }
        }
    }
    found.extend(["README.md", "build-notes.md", "Cargo.toml"].map(|name| root().join(name)));
    found
}

/// The phrases in a text, with line breaks and comment signs read as blanks.
fn phrases_in(text: &str) -> Vec<&'static str> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches(['/', '!', '#', '*']).trim());
    let flowing = lines.collect::<Vec<_>>().join(" ").to_lowercase();
    let has = |phrase: &str| {
        // "for every" does not have the phrase "for ever".
        flowing.match_indices(phrase).any(|(at, _)| !flowing[at + phrase.len()..].starts_with(char::is_alphabetic))
    };
    PHRASES.iter().map(|(phrase, _)| *phrase).filter(|phrase| has(phrase)).collect()
}

#[test]
fn no_text_has_a_phrase_that_is_not_plain() {
    for path in text_files() {
        if path.ends_with("tests/tidy/language.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let found = phrases_in(&text);
        let better: Vec<_> = PHRASES.iter().filter(|(phrase, _)| found.contains(phrase)).collect();
        assert!(better.is_empty(), "{}: phrases, and what is better: {better:?}", path.display());
    }
}

#[test]
fn a_phrase_is_found_across_a_line_break() {
    assert_eq!(phrases_in("/// Held for\n    /// ever."), ["for ever"]);
    assert_eq!(phrases_in("# Held\n# forever, for every handle."), [""; 0]);
}

/// The names of the tests in a file.
fn tests_in(text: &str) -> Vec<&str> {
    let after_attribute = text.split("#[test]").skip(1);
    after_attribute.filter_map(|rest| rest.split_once("fn ")?.1.split('(').next()).collect()
}

#[test]
fn names_of_tests_are_short_and_have_a_subject() {
    for folder in ["src", "tests"] {
        for (file, text) in rust_files(folder) {
            for name in tests_in(&text) {
                assert!(name.len() <= LONGEST_NAME, "{file}: {name} has {} characters", name.len());
                let pronoun = PRONOUNS.iter().find(|pronoun| name.starts_with(**pronoun));
                assert!(pronoun.is_none(), "{file}: {name} begins with {pronoun:?}");
            }
        }
    }
}

#[test]
fn names_of_tests_are_found() {
    assert_eq!(tests_in("#[test]\nfn a() {}\n#[test]\n#[ignore = \"x\"]\nfn b() {}\nfn c() {}"), ["a", "b"]);
}

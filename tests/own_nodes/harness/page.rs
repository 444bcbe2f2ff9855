//! The page on operating, as far as it can be run: its fenced blocks, one after the other.

use std::{fs, path::Path, vec};

/// The blocks that nobody has run yet, in the order of the page.
pub(crate) struct Page(vec::IntoIter<Block>);

/// What stands between two fences.
#[derive(Debug)]
pub(crate) struct Block {
    /// The word behind the first fence.
    info: String,
    text: String,
}

impl Page {
    pub(crate) fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("resources/docs/operating.md");
        Self(blocks(&fs::read_to_string(path).unwrap()).into_iter())
    }

    /// The next block, which has to be of this kind and to begin like this: a block that was added, moved or replaced
    /// is not run as another.
    #[track_caller]
    pub(crate) fn next(&mut self, info: &str, beginning: &str) -> Block {
        let block = self.0.next().unwrap_or_else(|| panic!("the page has no further block, but {info}: {beginning}"));
        let is_known = block.info == info && block.text.starts_with(beginning);
        assert!(is_known, "{info} that begins {beginning:?} comes next, but the page has {block:#?}");
        block
    }

    /// Asserts that every block was run.
    #[track_caller]
    pub(crate) fn end(self) {
        let left: Vec<Block> = self.0.collect();
        assert!(left.is_empty(), "blocks that the test does not know: {left:#?}");
    }
}

impl Block {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The text with each first replaced by its second, wherever it occurs; each has to.
    #[track_caller]
    pub(crate) fn with(&self, replacements: &[(&str, &str)]) -> String {
        replacements.iter().fold(self.text.clone(), |text, (from, to)| {
            assert!(text.contains(from), "{from:?} is not in {text}");
            text.replace(from, to)
        })
    }
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        // Indented too: a block inside a list is a block.
        let Some(info) = line.trim_start().strip_prefix("```") else { continue };
        let inside = lines.by_ref().take_while(|line| line.trim_start() != "```");
        let text = inside.map(|line| format!("{line}\n")).collect();
        blocks.push(Block { info: info.to_owned(), text });
    }
    blocks
}

#[test]
fn blocks_are_read_in_order_whatever_is_in_them() {
    let found = blocks("text\n```sh\na\n\nb\n```\nmore\n- item\n  ```\n  c\n  ```\n");
    let found: Vec<(&str, &str)> = found.iter().map(|block| (block.info.as_str(), block.text())).collect();
    assert_eq!(found, [("sh", "a\n\nb\n"), ("", "  c\n")]);
}

#[test]
#[should_panic = "blocks that the test does not know"]
fn a_block_that_nobody_runs_is_told() {
    Page(blocks("```sh\nrm\n```\n").into_iter()).end();
}

#[test]
#[should_panic = "comes next, but the page has"]
fn a_block_in_another_place_is_told() {
    Page(blocks("```sh\nrm\n```\n").into_iter()).next("sh", "nodetool");
}

#[test]
#[should_panic = "is not in"]
fn a_replacement_that_replaces_nothing_is_told() {
    Page(blocks("```sh\nrm\n```\n").into_iter()).next("sh", "rm").with(&[("/etc", "/tmp")]);
}

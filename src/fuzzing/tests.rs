//! The corpora of the fuzz targets, and mutations of them, as ordinary tests.

use std::{fs, path::Path, thread};

use super::*;

const MUTATIONS: usize = 20_000;

/// Longer inputs find nothing more, only later.
const LONGEST: usize = 8192;

/// Prints the input that a panic was about, so that it can become a file of the corpus.
struct Input<'b>(&'b [u8]);

impl Drop for Input<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the input was: b\"{}\"", self.0.escape_ascii());
        }
    }
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 20, "{target}: only {} files", files.len());
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

/// One to four changes, each to bytes anywhere; the same for the same seed.
fn mutated(seed: u64, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut bytes = corpus[random.usize(..corpus.len())].clone();
    for _ in 0..random.usize(1..=4) {
        let from = random.usize(..=bytes.len());
        let to = random.usize(from..=bytes.len().min(from + 40));
        match random.u8(..6) {
            0 => bytes.iter_mut().skip(from).take(1).for_each(|byte| *byte ^= 1 << random.u8(..8)),
            1 => bytes.iter_mut().skip(from).take(1).for_each(|byte| *byte = random.u8(..)),
            2 => bytes.insert(from, random.u8(..)),
            3 => drop(bytes.drain(from..to)),
            4 => bytes.extend_from_within(from..to),
            _ => {
                let other = &corpus[random.usize(..corpus.len())];
                let start = random.usize(..=other.len());
                bytes.splice(from..to, other[start..].iter().take(to - from + 8).copied());
            }
        }
    }
    bytes.truncate(LONGEST);
    bytes
}

fn run(name: &str, target: fn(&[u8])) {
    let corpus = corpus(name);
    let mutations = (0..MUTATIONS as u64).map(|seed| mutated(seed, &corpus));
    for bytes in corpus.iter().cloned().chain(mutations) {
        let input = Input(&bytes);
        target(input.0);
    }
}

#[test]
fn any_row_is_a_state_or_absent_or_corrupt() {
    run("row_codec", row_codec);
}

#[test]
fn any_connection_string_is_read_or_refused() {
    run("connection_string", connection_string);
}

#[test]
fn any_certificates_and_keys_are_read_or_refused() {
    run("pem", pem);
}

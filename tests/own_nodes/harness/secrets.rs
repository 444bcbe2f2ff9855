//! Searches shown texts for secrets: passwords, and the text of private keys.

use std::{
    any::Any,
    error::Error as _,
    fmt::Debug,
    iter,
    panic::{AssertUnwindSafe, catch_unwind},
};

use durable_store::Error;

use super::certificates::Pair;

/// The password in all tests that search for it.
pub(crate) const PASSWORD: &str = "hunter2-and-a-half";

/// A leak of this many characters of a key, or twice as many wherever they begin, is found.
const KEY_PART: usize = 16;

/// The texts that are searched for.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// [`PASSWORD`], and the keys of these.
    pub(crate) fn with_keys_of<'p>(pairs: impl IntoIterator<Item = &'p Pair>) -> Self {
        let mut secrets = vec![PASSWORD.to_owned(), numbers(PASSWORD)];
        for pair in pairs {
            let lines = pair.key.lines().filter(|line| !line.starts_with("-----"));
            let parts = lines.flat_map(|line| line.as_bytes().chunks_exact(KEY_PART));
            secrets.extend(parts.map(|part| String::from_utf8(part.to_vec()).unwrap()));
        }
        Self(secrets)
    }

    #[track_caller]
    pub(crate) fn assert_hidden_in(&self, shown: &str) {
        for secret in &self.0 {
            assert!(!shown.contains(secret), "{secret} is in: {shown}");
        }
    }

    #[track_caller]
    pub(crate) fn assert_hidden_in_debug(&self, value: &impl Debug) {
        self.assert_hidden_in(&format!("{value:?} {value:#?}"));
    }

    /// Searches the error and all its sources, in every form they print in.
    #[track_caller]
    pub(crate) fn assert_hidden_in_error(&self, error: &Error) {
        self.assert_hidden_in_debug(error);
        self.assert_hidden_in(&error.to_string());
        for source in iter::successors(error.source(), |&source| source.source()) {
            self.assert_hidden_in_debug(&source);
            self.assert_hidden_in(&source.to_string());
        }
    }

    /// Searches what a panic says that was made of a failure, as `unwrap` does.
    #[track_caller]
    pub(crate) fn assert_hidden_in_panic(&self, panics: impl FnOnce()) {
        let panic: Box<dyn Any + Send> = catch_unwind(AssertUnwindSafe(panics)).unwrap_err();
        self.assert_hidden_in(panic.downcast_ref::<String>().expect("a panic with a text"));
    }
}

/// The bytes of a text as `Debug` shows them.
fn numbers(text: &str) -> String {
    format!("{:?}", text.as_bytes()).trim_matches(['[', ']']).to_owned()
}

#[test]
fn the_search_finds_what_it_searches_for() {
    let pair = super::certificates::Authority::new("ca").client();
    let secrets = Secrets::with_keys_of([&pair]);
    let key_line = pair.key.lines().nth(1).unwrap();
    for shown in [PASSWORD, &numbers(PASSWORD), &pair.key, &key_line[1..32]] {
        catch_unwind(|| secrets.assert_hidden_in(&format!("before {shown} after"))).unwrap_err();
    }
    secrets.assert_hidden_in("nothing");
}

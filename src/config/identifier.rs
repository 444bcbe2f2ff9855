//! The names of keyspaces and tables.

use std::borrow::Cow;

use crate::{Error, Result};

/// The longest name of a keyspace or table that Cassandra accepts, in bytes.
const LONGEST: usize = 48;

/// The name as Cassandra stores it: folded to lower case, or as it is between double quotes.
pub(super) fn checked(setting: &str, text: &str) -> Result<String> {
    let is_word =
        |name: &str| (1..=LONGEST).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match quoted_content(text) {
        Some(name) if is_word(name) => Ok(name.to_owned()),
        Some(name) => {
            let expected = format!("letters, digits and underscores, at most {LONGEST}, between its double quotes");
            Err(Error::setting(setting, format!("{name:?} does not consist of {expected}")))
        }
        None if is_word(text) && text.starts_with(|c: char| c.is_ascii_alphabetic()) => Ok(text.to_ascii_lowercase()),
        None => {
            let expected = format!("a letter followed by letters, digits and underscores, at most {LONGEST}");
            Err(Error::setting(setting, format!("{text:?} is not {expected}")))
        }
    }
}

fn quoted_content(text: &str) -> Option<&str> {
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
}

/// The text from which [`checked`] makes this name.
pub(super) fn text(name: &str) -> Cow<'_, str> {
    let needs_quotes =
        name.contains(|c: char| c.is_ascii_uppercase()) || !name.starts_with(|c: char| c.is_ascii_alphabetic());
    if needs_quotes { format!("\"{name}\"").into() } else { name.into() }
}

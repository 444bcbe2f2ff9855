//! Any text in place of certificates and keys.

use crate::{
    ErrorKind, Result,
    config::certificates::{chain, client, private_key, trusted},
};

/// Lines of at least this many characters are looked for in errors: shorter ones may be words of a message.
const TELLING: usize = 16;

/// Gives any text as trusted certificates, as a chain and as a private key. What is accepted is accepted again, as it was
/// handed on, and no refusal shows a line of the text.
///
/// Bytes with a NUL in them are a certificate before it and a key behind it; others are both at once.
///
/// # Panics
/// Where that does not hold.
pub fn pem(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (certificate, key) = text.split_once('\0').unwrap_or((&text, &text));
    for text in [certificate, key] {
        check_again(text, trusted(text), |found| trusted(&found.concat()));
        check_again(text, chain(text), |found| chain(found));
        check_again(text, private_key(text), |found| private_key(found));
    }
    let pair = |certificate: &str, key: &str| client(certificate, key).map(|client| [client.chain, client.key]);
    check_again(&text, pair(certificate, key), |[certificate, key]| pair(certificate, key));
}

/// Checks that what was made of `text` is made again from its own text, or that the error shows none of it.
fn check_again<T: PartialEq>(text: &str, made: Result<T>, again: impl FnOnce(&T) -> Result<T>) {
    match made {
        Ok(made) => match again(&made) {
            Ok(again) => assert!(again == made, "{text:?} is not the same the second time"),
            Err(error) => panic!("{text:?} is refused the second time: {error}"),
        },
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Config, "{text:?}: {error}");
            let shown = format!("{error} {error:?}");
            let is_secret = |line: &&str| line.len() >= TELLING && line.chars().all(|c| c.is_ascii_alphanumeric());
            let seen = text.split(|c: char| c.is_whitespace() || "+/=".contains(c)).filter(is_secret);
            seen.for_each(|line| assert!(!shown.contains(line), "{text:?} is shown: {shown}"));
        }
    }
}

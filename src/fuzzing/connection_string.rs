//! Any text as a connection string.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Config, ErrorKind, Pem};

/// Stands for the words of a password, and can be told from every word of a message.
const SECRET: &str = "S3cr3tW0rd";

/// Reads any text as a connection string. What is accepted is shown, without what is secret, and reads back as the same
/// settings; no refusal shows a password.
///
/// # Panics
/// Where that does not hold.
pub fn connection_string(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // The fuzzer finds the word by itself, and puts it where it is no secret.
    if text.contains(SECRET) {
        return;
    }
    check(&text);
    if let Some(text) = with_secret_password(&text) {
        check(&text);
    }
}

fn check(text: &str) {
    match text.parse::<Config>() {
        Ok(config) => check_shown(text, &config),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Config, "{text:?}: {error}");
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(SECRET), "{text:?}: {shown}");
        }
    }
}

fn check_shown(text: &str, config: &Config) {
    let shown = config.to_string();
    assert!(!shown.contains(SECRET) && !format!("{config:?}").contains(SECRET), "{text:?} is shown as {shown:?}");
    let secrets = secrets(config);
    let whole = format!("{shown}{}{secrets}", if shown.contains('?') { '&' } else { '?' });
    match whole.parse::<Config>() {
        Ok(again) => assert_eq!(again, *config, "{text:?} is shown as {shown:?}"),
        Err(error) => panic!("{text:?} is shown as {shown:?}, which is refused: {error}"),
    }
}

/// The settings that are not shown, as a connection string has them.
fn secrets(config: &Config) -> String {
    let password = config.credentials().map(|credentials| ("password", credentials.password.as_str()));
    let key = config.tls().and_then(|tls| tls.client_pem()).and_then(|(_, key)| match key {
        Pem::Inline(text) => Some(("tls_key", text.as_str())),
        Pem::File(_) => None,
    });
    let hidden = password.into_iter().chain(key);
    hidden.map(|(name, value)| format!("{name}={}&", utf8_percent_encode(value, NON_ALPHANUMERIC))).collect()
}

/// The same string with every word of what a person would call its password replaced by [`SECRET`]: what stands
/// between the first colon and the last `@`, or, without one, behind the first colon; and the setting `password`.
fn with_secret_password(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let (before, password, after) = if let Some((user, hosts)) = rest.rsplit_once('@') {
        let (username, password) = user.split_once(':')?;
        (format!("{username}:"), password, format!("@{hosts}"))
    } else if let Some(at) = setting_password(rest) {
        let (before, value) = rest.split_at_checked(at + "?password=".len())?;
        let (password, after) = value.split_at(value.find(['&', '#']).unwrap_or(value.len()));
        (before.to_owned(), password, after.to_owned())
    } else {
        // With a bracket it can be an address.
        let is_username = |text: &str| !text.contains(['[', '/', '?', '#']);
        let is_password = |text: &str| !text.contains(['/', '?', '#']);
        let (host, password) = rest.split_once(':').filter(|(name, word)| is_username(name) && is_password(word))?;
        (format!("{host}:"), password, String::new())
    };
    Some(format!("{scheme}://{before}{}{after}", secret_words(password)))
}

/// Where the setting begins: at an `&` or at the first `?`; a later one belongs to a value.
fn setting_password(text: &str) -> Option<usize> {
    let first = text.find('?').filter(|at| text.split_at(*at).1.starts_with("?password="));
    first.or_else(|| text.find("&password="))
}

/// Each run of letters and digits becomes [`SECRET`]; percent-encoded characters and what stands between stay.
fn secret_words(password: &str) -> String {
    let mut secret = String::new();
    let mut rest = password;
    while let Some(c) = rest.chars().next() {
        let is_code = |code: &&str| code.chars().skip(1).all(|digit| digit.is_ascii_hexdigit());
        let kept = match rest.get(..3).filter(is_code) {
            Some(code) if c == '%' => code.len(),
            _ => rest.find(|c: char| !c.is_alphanumeric()).map_or(rest.len(), |end| end.max(c.len_utf8())),
        };
        let (part, following) = rest.split_at(kept);
        secret.push_str(if c.is_alphanumeric() { SECRET } else { part });
        rest = following;
    }
    secret
}

//! Names inside a `google.protobuf.Any`.

/// The prefix every protobuf runtime gives the types it packs.
const PREFIX: &str = "type.googleapis.com/";

/// The full name of `Any` itself, which is also the manifest of rows that hold one.
pub(crate) const ANY: &str = "google.protobuf.Any";

/// The type URL of a message. `prost::Name::type_url` alone gives no domain, which other runtimes refuse.
pub(crate) fn type_url(full_name: &str) -> String {
    format!("{PREFIX}{full_name}")
}

/// The full name in a type URL: the text after its last slash.
pub(crate) fn message_name(type_url: &str) -> Option<&str> {
    type_url.rsplit_once('/').map(|(_, name)| name)
}

/// The full name in a type URL from which [`type_url`] makes the same URL again.
pub(crate) fn restorable_name(type_url: &str) -> Option<&str> {
    type_url.strip_prefix(PREFIX).filter(|name| is_full_name(name))
}

/// Whether `name` can be the full name of a protobuf message: identifiers joined by dots.
pub(crate) fn is_full_name(name: &str) -> bool {
    name.split('.').all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_identifiers_joined_by_dots_are_full_names() {
        for name in ["Account", "bank.v1.AccountState", "_a.B_2"] {
            assert!(is_full_name(name), "{name}");
        }
        for name in ["", ".", "bank.", ".Account", "bank..A", "2a", "a b", "type.googleapis.com/a", "счёт"] {
            assert!(!is_full_name(name), "{name}");
        }
    }

    #[test]
    fn a_restorable_name_gives_back_its_url() {
        assert_eq!(restorable_name("type.googleapis.com/bank.A"), Some("bank.A"));
        for url in ["", "bank.A", "/bank.A", "example.com/bank.A", "type.googleapis.com/", "type.googleapis.com/a/b"] {
            assert_eq!(restorable_name(url), None, "{url}");
        }
        assert_eq!(message_name("example.com/x/bank.A"), Some("bank.A"));
    }
}

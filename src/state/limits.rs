//! Bounds of persistence ids and payloads, checked before anything is sent.

use crate::{Error, Result};

/// Cassandra's limit for a key.
const KEY_BYTES: usize = 65_535;

/// Storage-attached indexes silently drop longer terms: the write is acknowledged and the row never found.
const INDEXED_BYTES: usize = 8_192;

/// Refuses a persistence id that a key cannot hold.
pub(crate) fn check_persistence_id(persistence_id: &str) -> Result<()> {
    check_length(persistence_id, KEY_BYTES, "Cassandra's limit for a key")
}

/// Refuses a persistence id that the index for reads by id cannot hold.
pub(crate) fn check_indexed_persistence_id(persistence_id: &str) -> Result<()> {
    check_length(persistence_id, INDEXED_BYTES, "the limit of the index for reads by id")
}

fn check_length(persistence_id: &str, limit: usize, reason: &str) -> Result<()> {
    match persistence_id.len() {
        0 => Err(Error::field("persistence_id", "is empty")),
        bytes if bytes > limit => {
            Err(Error::field("persistence_id", format!("{bytes} bytes exceed {limit}, {reason}")))
        }
        _ => Ok(()),
    }
}

/// Refuses a payload that exceeds the limit, in bytes, which `set_by` sets.
pub(crate) fn check_payload(bytes: usize, limit: usize, set_by: &str) -> Result<()> {
    if bytes <= limit {
        return Ok(());
    }
    Err(Error::field(
        "resulting_state",
        format!("a payload of {bytes} bytes exceeds {limit}, the limit set by {set_by}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn ids_have_bounds_that_depend_on_the_index() {
        for (bytes, through_index, fits) in [
            (0, false, false),
            (0, true, false),
            (1, true, true),
            (INDEXED_BYTES, true, true),
            (INDEXED_BYTES + 1, true, false),
            (INDEXED_BYTES + 1, false, true),
            (KEY_BYTES, false, true),
            (KEY_BYTES + 1, false, false),
        ] {
            let checked =
                if through_index { check_indexed_persistence_id } else { check_persistence_id }(&"a".repeat(bytes));
            assert_eq!(checked.is_ok(), fits, "{bytes} {through_index}");
            if let Err(error) = checked {
                assert_eq!(error.kind(), ErrorKind::InvalidState);
                assert!(error.to_string().starts_with("persistence_id: "), "{error}");
            }
        }
    }

    #[test]
    fn a_large_payload_is_refused_with_both_numbers_and_the_setting() {
        assert!(check_payload(8, 8, "`max_payload_bytes`").is_ok());
        let error = check_payload(9, 8, "`max_payload_bytes`").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidState);
        let text = error.to_string();
        assert!(text.contains("9 bytes exceeds 8, the limit set by `max_payload_bytes`"), "{text}");
    }
}

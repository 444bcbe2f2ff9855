//! The reasons that replicas give for READ_FAILURE and WRITE_FAILURE. Up to version 4 of the protocol only the text of the
//! error has them: "Operation failed - received 0 responses and 1 failures: READ_SIZE from /10.0.0.1:7000".

/// What the reasons of a failure mean for the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailureReason {
    /// The same request can succeed a moment later.
    Passes(&'static str),
    /// The same request fails until something is changed, which the text says.
    Lasts(&'static str),
}

use FailureReason::{Lasts, Passes};

/// The reasons in the versions from 4.0 to 5.1 that say more than `UNKNOWN`, by their names.
const REASONS: &[(&str, FailureReason)] = &[
    (
        "READ_TOO_MANY_TOMBSTONES",
        Lasts(
            "the read met too many deleted rows (the server's `tombstone_failure_threshold`). A smaller `page_size` helps \
             if there are states between them. Deleted rows are removed by a compaction after the table's \
             `gc_grace_seconds`: lower that, then run `nodetool compact` or `nodetool garbagecollect`",
        ),
    ),
    (
        "READ_SIZE",
        Lasts(
            "the read needs more memory than the server allows (`local_read_size_fail_threshold`): lower `page_size`, or \
             raise the threshold",
        ),
    ),
    (
        "READ_TOO_MANY_INDEXES",
        Lasts(
            "the read searches more index files than the server allows (`sai_sstable_indexes_per_query_fail_threshold`): \
             run `nodetool compact`, or raise the threshold",
        ),
    ),
    ("INDEX_NOT_AVAILABLE", Passes("an index is being built")),
    ("INDEX_BUILD_IN_PROGRESS", Passes("an index is being built")),
    ("INCOMPATIBLE_SCHEMA", Passes("the nodes do not agree on the schema yet")),
    ("COORDINATOR_BEHIND", Passes("the nodes do not agree on the cluster yet")),
    ("INVALID_ROUTING", Passes("the nodes do not agree on the cluster yet")),
    ("NOT_CMS", Passes("the nodes do not agree on the cluster yet")),
    ("NODE_DOWN", Passes("a replica went down")),
    ("TIMEOUT", Passes("a replica did not answer in time")),
];

/// The reason in the text of an error. Of several reasons one that lasts counts: it would fail the next attempt too.
pub(super) fn failure_reason(text: &str) -> Option<FailureReason> {
    let words = || text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let found = || REASONS.iter().filter(|(name, _)| words().any(|word| word == *name)).map(|(_, reason)| *reason);
    found().find(|reason| matches!(reason, Lasts(_))).or_else(|| found().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_found_as_whole_words() {
        let text = |reasons: &str| format!("Operation failed - received 0 responses and 1 failures: {reasons}");
        for (name, reason) in REASONS {
            assert_eq!(failure_reason(&text(&format!("{name} from localhost/127.0.0.1:7000"))), Some(*reason));
            assert_eq!(failure_reason(&text(&format!("X{name} from /127.0.0.1:7000"))), None);
        }
        for none in ["UNKNOWN from /127.0.0.1:7000", "", "READ_TIMEOUT from /127.0.0.1:7000"] {
            assert_eq!(failure_reason(&text(none)), None);
        }
    }

    #[test]
    fn a_reason_that_lasts_counts_before_one_that_passes() {
        let text = "2 failures: TIMEOUT from /127.0.0.1:7000, READ_SIZE from /127.0.0.2:7000";
        assert!(matches!(failure_reason(text), Some(Lasts(_))));
    }
}

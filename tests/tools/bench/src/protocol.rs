//! Requests of the bench to a contender and its answers, one JSON line each. Shared with `tests/peers/go`.

use serde::{Deserialize, Serialize};

/// What is done again and again during a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    /// Connects and prepares, no more.
    Warm,
    /// Writes each id once.
    Fill,
    Write,
    Read,
    WriteVersioned,
    /// Many writes in each call.
    WriteBulk,
    /// Many reads in each call.
    ReadBulk,
    /// The whole table.
    Scan,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Layout {
    ById,
    ByShard,
}

/// Where the rows are, and how it is connected: a contender keeps one session for each.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Target {
    pub(crate) keyspace: String,
    pub(crate) table: String,
    pub(crate) layout: Layout,
    /// On a table keyed by shard: the shard of all rows, where it is known; reads go through the index otherwise.
    pub(crate) shard: Option<u64>,
    /// Whether the table is for versioned writes.
    #[serde(default)]
    pub(crate) versioned: bool,
    /// Whether the store claims what it writes, on such a table.
    #[serde(default)]
    pub(crate) owned: bool,
    /// Whether the bare binding does what the hybrid clock of the store needs: it reads the timestamp of each row, and
    /// keeps the latest.
    #[serde(default)]
    pub(crate) with_clock: bool,
    pub(crate) pool_size: u32,
    pub(crate) io_threads: u32,
    pub(crate) core_connections: u32,
    /// Requests in flight at once from one thread, of bulk calls.
    pub(crate) depth: u32,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) op: Operation,
    pub(crate) threads: u32,
    /// How long the run takes; unless `operations` says when it ends.
    pub(crate) millis: u64,
    /// How many operations each thread does, if not 0.
    #[serde(default)]
    pub(crate) operations: u64,
    /// Bytes of the value inside the `Any`.
    pub(crate) payload: usize,
    /// How many ids there are: `bench-0`, `bench-1` and so on.
    pub(crate) ids: u64,
    /// Whether to count allocations, which costs time.
    #[serde(default)]
    pub(crate) count_allocations: bool,
    #[serde(flatten)]
    pub(crate) target: Target,
}

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// States written or read.
    pub(crate) operations: u64,
    pub(crate) errors: u64,
    pub(crate) elapsed_us: u64,
    /// User and system time of the whole process.
    pub(crate) cpu_us: u64,
    /// Of calls, in no order; a bulk call is one call.
    pub(crate) latencies_us: Vec<u32>,
    /// The most memory the process had so far.
    pub(crate) peak_kb: u64,
    /// On the Rust side, where they were counted.
    #[serde(default)]
    pub(crate) allocations: Option<u64>,
    #[serde(default)]
    pub(crate) first_error: Option<String>,
}

/// A line from a contender.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Reply {
    Failed { error: String },
    Ran(Answer),
}

impl Answer {
    pub(crate) fn per_second(&self) -> f64 {
        self.operations as f64 * 1e6 / self.elapsed_us.max(1) as f64
    }

    /// CPU time of the client in microseconds for each operation.
    pub(crate) fn cpu_per_operation(&self) -> f64 {
        self.cpu_us as f64 / self.operations.max(1) as f64
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn target() -> Target {
        Target {
            keyspace: "k".to_owned(),
            table: "t".to_owned(),
            layout: Layout::ByShard,
            shard: None,
            versioned: false,
            owned: false,
            with_clock: false,
            pool_size: 64,
            io_threads: 1,
            core_connections: 2,
            depth: 256,
        }
    }

    #[test]
    fn a_request_is_one_flat_line() {
        let request = Request {
            op: Operation::Write,
            threads: 4,
            millis: 100,
            operations: 0,
            payload: 200,
            ids: 10,
            count_allocations: false,
            target: target(),
        };
        let line = serde_json::to_string(&request).unwrap();
        for part in [r#""op":"write""#, r#""layout":"by-shard""#, r#""keyspace":"k""#, r#""shard":null"#] {
            assert!(line.contains(part), "{line}");
        }
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
    }

    #[test]
    fn an_answer_without_what_only_we_count_is_read_too() {
        let line = r#"{"operations":10,"errors":0,"elapsed_us":2000000,"cpu_us":50,"latencies_us":[1,2],"peak_kb":4}"#;
        let Reply::Ran(answer) = serde_json::from_str(line).unwrap() else { panic!("no answer") };
        assert_eq!((answer.per_second(), answer.cpu_per_operation(), answer.allocations), (5.0, 5.0, None));
    }

    #[test]
    fn a_failure_is_told_from_an_answer() {
        let reply: Reply = serde_json::from_str(r#"{"error":"no"}"#).unwrap();
        assert_eq!(reply, Reply::Failed { error: "no".to_owned() });
        assert!(serde_json::from_str::<Reply>(r#"{"operations":1}"#).is_err());
    }
}

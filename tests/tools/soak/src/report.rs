//! The text that is printed at the end.

use std::{collections::BTreeMap, fmt::Write};

use crate::{
    history::{Entry, Nanos, SECOND},
    schedule::{Fault, FaultKind},
    violation::{KINDS as VIOLATIONS, Kind, Violation},
};

/// So many violations of each kind are printed.
const SHOWN: usize = 5;

/// A fault that was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct FaultRecord {
    pub(crate) fault: Fault,
    pub(crate) began: Nanos,
    /// When the nodes were all back.
    pub(crate) over: Nanos,
}

/// The last line.
pub(crate) fn summary(operations: usize, faults: usize, violations: &[Violation]) -> String {
    let mut line = format!("soak: {operations} operations, {faults} faults");
    for kind in VIOLATIONS {
        let count = violations.iter().filter(|violation| violation.kind == kind).count();
        let _ = write!(line, ", {count} {kind}");
    }
    line
}

/// The first violations of each kind, with the calls that show them.
pub(crate) fn violations(violations: &[Violation]) -> String {
    let mut text = String::new();
    for kind in VIOLATIONS {
        let of_kind: Vec<_> = violations.iter().filter(|violation| violation.kind == kind).collect();
        of_kind.iter().take(SHOWN).for_each(|violation| _ = writeln!(text, "{violation}"));
        if of_kind.len() > SHOWN {
            let _ = writeln!(text, "{kind}: {} more", of_kind.len() - SHOWN);
        }
    }
    text
}

/// What was seen of all faults of one kind, each from its beginning to that of the next; times are the longest.
#[derive(Default)]
struct Row {
    times: u32,
    failed: usize,
    /// From the first call that failed to the last.
    failing: Nanos,
    /// Between two calls that succeeded.
    without_success: Nanos,
    /// Until a call succeeded that had begun since the fault began, and since it was over.
    after_beginning: Nanos,
    after_end: Nanos,
    errors: BTreeMap<String, usize>,
}

/// A line for each kind of fault.
pub(crate) fn table(history: &[Entry], faults: &[FaultRecord]) -> String {
    let mut rows: BTreeMap<FaultKind, Row> = BTreeMap::new();
    for (index, record) in faults.iter().enumerate() {
        let until = faults.get(index + 1).map_or(Nanos::MAX, |next| next.began);
        rows.entry(record.fault.kind()).or_default().add(history, record, until);
    }
    let mut text = line(
        "fault",
        ["times", "failed", "failing for", "no success for", "first after beginning", "first after end"]
            .map(str::to_owned),
        "errors",
    );
    for (kind, row) in FaultKind::ALL.iter().filter_map(|kind| Some((kind.name(), rows.get(kind)?))) {
        let times = [row.failing, row.without_success, row.after_beginning, row.after_end];
        let [failing, without_success, after_beginning, after_end] =
            times.map(|time| format!("{:.2} s", time as f64 / SECOND as f64));
        let (times, failed) = (row.times.to_string(), row.failed.to_string());
        let errors: Vec<_> = row.errors.iter().map(|(error, count)| format!("{error} {count}")).collect();
        let errors = if errors.is_empty() { "none".to_owned() } else { errors.join(", ") };
        text += &line(kind, [times, failed, failing, without_success, after_beginning, after_end], &errors);
    }
    text
}

fn line(kind: &str, columns: [String; 6], errors: &str) -> String {
    let [times, failed, failing, without_success, after_beginning, after_end] = columns;
    format!(
        "{kind:9}{times:>6}{failed:>8}{failing:>13}{without_success:>16}{after_beginning:>23}{after_end:>17}  {errors}\n"
    )
}

impl Row {
    fn add(&mut self, history: &[Entry], record: &FaultRecord, until: Nanos) {
        self.times += 1;
        // A refused condition is an answer like any other.
        let is_failure = |call: &Entry| call.error().is_some_and(|error| error != "Conflict");
        let since = |call: &&Entry| (record.began..until).contains(&call.end);
        let (failed, succeeded): (Vec<_>, Vec<_>) = history.iter().filter(since).partition(|call| is_failure(call));

        self.failed += failed.len();
        let ends = || failed.iter().map(|call| call.end);
        self.failing = self.failing.max(ends().max().unwrap_or_default() - ends().min().unwrap_or_default());
        for call in &failed {
            let doubt = if call.is_unknown() { " (unknown)" } else { "" };
            *self.errors.entry(format!("{}{doubt}", call.error().unwrap_or_default())).or_default() += 1;
        }

        let mut ends: Vec<Nanos> = succeeded.iter().map(|call| call.end).chain([record.began]).collect();
        ends.sort_unstable();
        let gaps = ends.iter().zip(ends.iter().skip(1)).map(|(earlier, later)| later - earlier);
        self.without_success = self.without_success.max(gaps.max().unwrap_or_default());
        let first = |since: Nanos| {
            let begun_since = history.iter().filter(|call| !is_failure(call) && call.begin >= since);
            begun_since.map(|call| call.end - since).min().unwrap_or(Nanos::MAX)
        };
        self.after_beginning = self.after_beginning.max(first(record.began));
        self.after_end = self.after_end.max(first(record.over));
    }
}

/// Those that are late, for a look at what the machine did then.
pub(crate) fn late(violations: &[Violation]) -> impl Iterator<Item = &Violation> {
    violations.iter().filter(|violation| violation.kind == Kind::Late)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        checker::planted::{Told, id, row, unknown},
        history::{MILLISECOND, Outcome::Done, Population},
    };

    fn lost() -> Violation {
        let kept = id(Population::Kept);
        let told = Told::default().write(kept, 1, 1_000..1_010, Done).read(kept, 2_000..2_010, row(1, 99));
        Violation::new(Kind::Lost, "a claim", &told.calls)
    }

    #[test]
    fn the_last_line_counts_each_kind() {
        assert_eq!(
            summary(400_000, 25, &[]),
            "soak: 400000 operations, 25 faults, 0 lost, 0 stale, 0 phantom, 0 unfenced, 0 late, 0 leaked"
        );
        let found = [lost(), lost(), Violation::new(Kind::Leaked, "a claim", [])];
        assert_eq!(
            summary(2, 1, &found),
            "soak: 2 operations, 1 faults, 2 lost, 0 stale, 0 phantom, 0 unfenced, 0 late, 1 leaked"
        );
    }

    #[test]
    fn a_violation_is_told_with_its_calls_and_many_are_cut_short() {
        let text = violations(&[lost()]);
        let lines = [
            "lost: a claim",
            "      1.000000 s to   1.010000 s  thread  0  write kept-0-1 version 1 token 1: done",
            "      2.000000 s to   2.010000 s  thread  1  read kept-0-1: version 1 token 99",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), lines);
        let text = violations(&vec![lost(); 8]);
        assert!(text.ends_with("lost: 3 more\n"), "{text}");
        assert_eq!(text.lines().count(), 5 * 3 + 1);
    }

    #[test]
    fn a_fault_kind_has_a_line_with_failures_and_recovery() {
        let kept = id(Population::Kept);
        let told = Told::default()
            .write(kept, 1, 0..10, Done)
            .write(kept, 2, 900..1_500, unknown())
            .write(kept, 3, 1_000..4_000, unknown())
            .write(kept, 4, 4_100..4_350, Done)
            .write(kept, 5, 5_000..5_020, Done);
        let fault = Fault::Hang { node: 1, lasts: Duration::from_secs(3) };
        let record = FaultRecord { fault, began: 1_000 * MILLISECOND, over: 4_200 * MILLISECOND };
        let table = table(&told.calls, &[record]);
        let row: Vec<&str> = table.lines().nth(1).unwrap().split_whitespace().collect();
        assert_eq!(row.join(" "), "hang 1 2 2.50 s 3.35 s 3.35 s 0.82 s Timeout (unknown) 2");
    }
}

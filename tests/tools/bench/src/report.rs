//! The results of a run: `report.md` with every point, and the charts.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{
    bars::{self, Row},
    charts::Chart,
    contender::ContenderName,
    instructions::{self, Count},
    machine,
    measure::{Measured, Runs},
    plan::{THREADS, of_threads},
    protocol::Answer,
};

/// How each contender is set up. Each has its own best sensible configuration; the statements, the consistency
/// (LOCAL_QUORUM), the ids and the payloads are the same.
const CONFIGURATIONS: &str = "\
- **durable-store**: its defaults: 64 leases, 1 I/O thread, 2 connections to the node.
- **bare cassandra-cpp**: the same driver with the same settings, the same prepared statements, values bound by their
  places, a client timestamp for each write; the binding's own blocking `wait`; the same states made of the rows. In bulk
  256 requests in flight, answers taken in their order.
- **Go program** (`tests/peers/go`): cassandra-gocql-driver with 2 connections, the statements of the Go module, as many
  goroutines as threads. Each request waits up to 200 µs for others to go out in the same write: that is gocql's default,
  which the Go module leaves as it is and lets nobody change. The bars are against this one, since it is what the store
  replaces.
- **Go program, tuned**: without that wait, the best found for few goroutines. With 64 of them the wait pays.
- **scylla with block_on**: its session with 2 connections to the node on one multi-threaded Tokio runtime, with a worker for
  each core; each thread calls `block_on`; prepared and idempotent statements, a client timestamp for each write, result
  columns cached, rows read without copies.

All that is Rust is built with Cargo's `bench` profile, here with `lto = \"fat\"` and one codegen unit.
";

/// What the figures come from, as far as profiles showed it.
const REASONS: &str = "\
**Beyond the bare binding** a call that succeeds at the first attempt needs some 1,700 instructions, counted by function in
what callgrind wrote (`callgrind/`), for a read: asynchronous layers that single, bulk and scan share (attempts with
their deadline, the guard against panics of the binding, building the request) 820; r2d2's lease, with three readings of the
clock and two locks, 510; decoding with a check of each cell 250; readings of the clock for deadlines and metrics 230; metrics,
without a recorder, 130; the checks of process, connection and statement 100; and waiting, which parks the thread where the
binding waits on a condition variable, 300 less. That is 1 to 1.5 µs of CPU where caches are cold, as they are here with the
server on the same cores; all else is the driver's and the kernel's, the same in both.

**64 threads against the Go program**: gocql gathers the requests of 64 goroutines into few writes to the socket, which
takes less CPU on both sides; here client and server share 2 cores, so CPU is all that counts. The driver gathers too, but
its wait for that and its share of new requests cannot be set through the binding. Of the settings a second I/O thread with one
connection each gives up to a tenth more writes with 64 threads, no more reads, and takes up to a third more CPU with 4 to 16
(\"growth: I/O threads\" in the full report), so the defaults stay.

**The scylla crate** runs its I/O on the runtime's workers and gathers what several threads send; the C++ driver hands each
request to its one I/O thread and each answer back, which takes more CPU an operation at 4 threads and more (the
points below). With 1 thread they are even.

**Bulk** spends a fifth more CPU than pipelining by hand, on a deadline, a turn and an outcome for each item, which is felt
here since client and server share 2 cores: what bounds it otherwise is the driver's I/O thread.
";

/// All that a run came to.
pub(crate) struct Report<'r> {
    pub(crate) command: &'r str,
    pub(crate) server: &'r str,
    /// The machine's load averages before it all.
    pub(crate) load: &'r str,
    pub(crate) rows: &'r [Row],
    pub(crate) measured: &'r [Measured],
    pub(crate) counts: &'r [Count],
}

impl Report<'_> {
    /// Writes `report.md` and the charts into `folder`.
    pub(crate) fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let charts = charts(self.measured);
        for chart in &charts {
            chart.draw(folder)?;
        }
        let path = folder.join("report.md");
        fs::write(&path, self.text(&charts)).with_context(|| format!("cannot write {}", path.display()))
    }

    fn text(&self, charts: &[Chart]) -> String {
        let facts = machine::facts();
        let Self { command, server, load, .. } = self;
        let mut text = format!("# The store, measured\n\n- command: `{command}`\n- server: {server}\n");
        text += &format!("- load before: {load}\n");
        for (name, value) in facts {
            text += &format!("- {name}: {value}\n");
        }
        text += "\nContenders run one after the other, in another order each round, in several sessions with new processes; a ratio is the median \
                 of those of neighbouring runs, with where that median lies with 95 %, and the quartiles of the ratios.\n";
        text += &format!("\n## Bars\n\n{}", bars::render(self.rows));
        text += &format!("\n## Set up\n\n{CONFIGURATIONS}");
        text += &format!("\n## What the differences are made of\n\n{REASONS}");
        text += &format!("\n## For the README\n\n{}", self.short());
        if !self.counts.is_empty() {
            let head = ["contender", "operation", "instructions, median", "least", "most"];
            text += &format!("\n## Instructions\n\n{}", bars::table(&head, &instructions::cells(self.counts)));
        }
        text += "\n## Points\n\nMedians over the runs. Latencies are of all calls of all runs (a bulk call is one), in microseconds; CPU is user and \
                 system time of the client; allocations are those of the Rust side.\n";
        for point in self.measured {
            text += &format!("\n### {}\n\n{}", point.title, bars::table(&POINT_HEAD, &point_cells(point)));
        }
        for chart in charts {
            text += &format!("\n![{}]({})\n", chart.title, chart.file);
        }
        text
    }

    /// The short table of the README: operations a second by threads.
    pub(crate) fn short(&self) -> String {
        let mut lines = Vec::new();
        for (operation, payload) in [("write", 200), ("read", 200)] {
            for who in [
                ContenderName::Ours,
                ContenderName::Bare,
                ContenderName::Go,
                ContenderName::GoTuned,
                ContenderName::Scylla,
            ] {
                let label = who.to_string();
                let mut line = vec![format!("{operation}, {label}")];
                for threads in THREADS {
                    let title = format!("{operation} of {payload} B, {}", of_threads(threads));
                    let runs = self.measured.iter().find(|point| point.title == title);
                    let runs = runs.and_then(|point| point.series.iter().find(|one_series| one_series.label == label));
                    line.push(shown(runs.and_then(|runs| runs.median(Answer::per_second)), 0));
                }
                lines.push(line);
            }
        }
        bars::table(&["operations a second, 200 B", "1 thread", "4 threads", "16 threads", "64 threads"], &lines)
    }
}

const POINT_HEAD: [&str; 8] = ["", "ops/s", "p50", "p99", "p99.9", "CPU µs/op", "allocations/op", "peak MiB"];

fn point_cells(point: &Measured) -> Vec<Vec<String>> {
    let cells = |one_series: &Runs| {
        let median = |of: fn(&Answer) -> f64, digits| shown(one_series.median(of), digits);
        vec![
            one_series.label.clone(),
            median(Answer::per_second, 0),
            shown(one_series.latency(0.5), 0),
            shown(one_series.latency(0.99), 0),
            shown(one_series.latency(0.999), 0),
            median(Answer::cpu_per_operation, 1),
            shown(one_series.allocations_per_operation, 1),
            median(|answer| answer.peak_kb as f64 / 1024.0, 0),
        ]
    };
    point.series.iter().map(cells).collect()
}

fn shown(figure: Option<f64>, digits: usize) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.digits$}"))
}

/// A title as the name of a file: words in lower case, joined by hyphens.
fn slug(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_lowercase()
}

/// Points whose titles differ only in what follows the last comma, or in the payload, are places of one chart; those of
/// growth that stand alone have their series as places.
fn charts(measured: &[Measured]) -> Vec<Chart> {
    let mut charts: Vec<Chart> = Vec::new();
    for point in measured {
        let (title, place) = match point.title.rsplit_once(", ") {
            Some((title, place)) if place.ends_with(" thread") || place.ends_with(" threads") => (title, place),
            _ => continue,
        };
        let (title, place) = match title.strip_prefix("growth: ").and_then(|title| title.split_once(" of ")) {
            Some((title, payload)) if payload.ends_with(" B") => (format!("growth: {title}, {place}"), payload),
            _ => (title.to_owned(), place),
        };
        let at = charts.iter().position(|chart| chart.title == title).unwrap_or_else(|| {
            charts.push(Chart {
                file: format!("{}.svg", slug(&title)),
                title,
                across: String::new(),
                up: "operations a second".to_owned(),
                places: Vec::new(),
                lines: point.series.iter().map(|one_series| (one_series.label.clone(), Vec::new())).collect(),
            });
            charts.len() - 1
        });
        let Some(chart) = charts.get_mut(at) else { continue };
        chart.places.push(place.to_owned());
        for ((_, values), one_series) in chart.lines.iter_mut().zip(&point.series) {
            values.extend(one_series.median(Answer::per_second));
        }
    }
    // What has one place only is a line over its series.
    for chart in charts.iter_mut().filter(|chart| chart.places.len() == 1) {
        chart.places = chart.lines.iter().map(|(label, _)| label.clone()).collect();
        chart.lines = vec![(String::new(), chart.lines.iter().flat_map(|(_, values)| values.clone()).collect())];
    }
    charts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(label: &str, operations: u64) -> Runs {
        let answer = Answer { operations, elapsed_us: 1_000_000, latencies_us: vec![77], ..Answer::default() };
        Runs { label: label.to_owned(), answers: vec![(0, answer)], allocations_per_operation: Some(6.0) }
    }

    fn point(title: &str, operations: u64) -> Measured {
        let series = vec![runs("durable-store", operations), runs("bare cassandra-cpp", operations * 2)];
        Measured { title: title.to_owned(), series, rows: Vec::new() }
    }

    #[test]
    fn thread_counts_are_places_of_one_chart() {
        let charts = charts(&[point("write of 200 B, 1 thread", 5), point("write of 200 B, 4 threads", 7)]);
        assert_eq!(charts.len(), 1);
        assert_eq!((charts[0].title.as_str(), charts[0].file.as_str()), ("write of 200 B", "write-of-200-b.svg"));
        assert_eq!(charts[0].places, ["1 thread", "4 threads"]);
        assert_eq!(charts[0].lines[1], ("bare cassandra-cpp".to_owned(), vec![10.0, 14.0]));
    }

    #[test]
    fn payloads_are_places_and_a_lone_point_has_its_lanes_as_places() {
        let payloads = [
            point("growth: payload, read of 100 B, 4 threads", 5),
            point("growth: payload, read of 1024 B, 4 threads", 6),
        ];
        let charts_of_payloads = charts(&payloads);
        assert_eq!(charts_of_payloads.len(), 1);
        assert_eq!(charts_of_payloads[0].places, ["100 B", "1024 B"]);
        let alone = charts(&[point("growth: rows of the table, read through the index, 4 threads", 5)]);
        assert_eq!(alone[0].places, ["durable-store", "bare cassandra-cpp"]);
        assert_eq!(alone[0].lines, [(String::new(), vec![5.0, 10.0])]);
    }

    #[test]
    fn the_report_has_every_point_and_the_short_table() {
        let measured = [point("write of 200 B, 1 thread", 5)];
        let report = Report { command: "x", server: "y", load: "0.1", rows: &[], measured: &measured, counts: &[] };
        let text = report.text(&charts(&measured));
        assert!(text.contains("### write of 200 B, 1 thread"), "{text}");
        assert!(text.contains("| durable-store      | 5     | 77  |"), "{text}");
        assert!(report.short().contains("| write, durable-store "), "{}", report.short());
        assert!(text.contains("(write-of-200-b.svg)"), "{text}");
    }
}

//! The points of a quick and of a full run, and the targets that they have to reach.

mod growth;

use crate::{
    arguments::Options,
    bars::Bound,
    contender::ContenderName,
    measure::{Comparison, Metric, Point, Series},
    protocol::{Layout, Operation, Request, Target},
};

pub(crate) const THREADS: [u32; 4] = [1, 4, 16, 64];
/// How many states the tables have, where that is not the question.
pub(crate) const IDS: u64 = 10_000;
/// Those that are claimed before owned writes.
const CLAIMED: u64 = 1_000;
const SMALL: usize = 200;
const LARGE: usize = 4_096;

/// A table to make and fill before the points.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) target: Target,
    pub(crate) payload: usize,
    pub(crate) ids: u64,
}

/// All of a run.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) tables: Vec<Table>,
    pub(crate) points: Vec<Point>,
}

/// How often something is run, and for how long at a time.
#[derive(Debug, Clone, Copy)]
struct Pace {
    rounds: u32,
    millis: u64,
    sessions: u32,
    /// Contenders that differ by more than a few percent run in each `round_step`-th round only.
    round_step: u32,
}

/// Makes the points of one run.
struct PlanBuilder<'m> {
    keyspace: &'m str,
    pace: Pace,
    plan: Plan,
}

impl Plan {
    pub(crate) fn new(options: &Options, keyspace: &str) -> Self {
        let pace = |rounds, millis, sessions, round_step| {
            let rounds = options.rounds.unwrap_or(rounds);
            Pace { rounds, millis: options.millis.unwrap_or(millis), sessions: rounds.min(sessions), round_step }
        };
        // Short runs, many of them: what a server does now and then then hits all alike.
        let (closely, thoroughly) = (pace(240, 20, 6, 5), pace(480, 20, 8, 3));
        let [roughly, bulk] = [pace(20, 200, 1, 1), pace(40, 100, 1, 1)];
        let mut builder =
            PlanBuilder { keyspace, pace: closely, plan: Self { tables: Vec::new(), points: Vec::new() } };
        let singles: &[(usize, Pace)] =
            if options.quick { &[(SMALL, closely)] } else { &[(SMALL, thoroughly), (LARGE, closely)] };
        for &(payload, pace) in singles {
            builder.pace = pace;
            for op in [Operation::Write, Operation::Read] {
                for threads in THREADS {
                    builder.single(op, threads, payload, !options.quick && payload == SMALL);
                }
            }
        }
        builder.pace = bulk;
        for op in [Operation::WriteBulk, Operation::ReadBulk] {
            builder.bulk(op);
        }
        builder.pace = Pace { sessions: 1, ..closely };
        for threads in [1, 16] {
            builder.known_shard(threads);
        }
        if !options.quick {
            for threads in [1, 16] {
                builder.through_index(threads);
                builder.versioned(threads);
                builder.owned(threads);
                builder.hybrid_clock(threads);
            }
            builder.pace = roughly;
            builder.scan();
            builder.growth();
        }
        if let Some(title) = &options.only {
            builder.plan.keep_only(title);
        }
        builder.plan
    }

    /// Keeps the points whose titles contain this, and their tables.
    fn keep_only(&mut self, title: &str) {
        self.points.retain(|point| point.title.contains(title));
        let series = || self.points.iter().flat_map(|point| &point.series);
        self.tables.retain(|table| series().any(|one| one.request.target.table == table.target.table));
    }
}

impl PlanBuilder<'_> {
    fn target(&self, name: &str, layout: Layout) -> Target {
        Target {
            keyspace: self.keyspace.to_owned(),
            table: name.to_owned(),
            layout,
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

    /// A table that is filled before the points, once however many use it.
    fn table(&mut self, target: Target, payload: usize, ids: u64) -> Target {
        let is_there = |table: &Table| table.target.table == target.table;
        if !self.plan.tables.iter().any(is_there) {
            self.plan.tables.push(Table { target: target.clone(), payload, ids });
        }
        target
    }

    fn by_id(&mut self, payload: usize) -> Target {
        let target = self.target(&format!("by_id_{payload}"), Layout::ById);
        self.table(target, payload, IDS)
    }

    /// With all states in one shard.
    fn by_shard(&mut self) -> Target {
        let target = Target { shard: Some(0), ..self.target("by_shard", Layout::ByShard) };
        self.table(target, SMALL, IDS)
    }

    fn request(&self, op: Operation, threads: u32, payload: usize, target: &Target) -> Request {
        Request {
            op,
            threads,
            millis: self.pace.millis,
            operations: 0,
            payload,
            ids: IDS,
            count_allocations: false,
            target: target.clone(),
        }
    }

    fn add(&mut self, title: String, series: Vec<Series>, comparisons: Vec<Comparison>) {
        let Pace { rounds, sessions, .. } = self.pace;
        self.plan.points.push(Point { title, series, rounds, sessions, comparisons });
    }

    /// Ours, at 0, with the bare binding, at 1; each next to the other.
    fn with_bare(&mut self, title: String, request: Request, per_second: Bound, cpu: Bound) {
        let series = vec![one_series(ContenderName::Ours, &request), one_series(ContenderName::Bare, &request)];
        let comparisons = vec![
            compare(format!("{title}: bare cassandra-cpp"), 0, 1, Metric::PerSecond, per_second),
            compare(format!("{title}, client CPU: bare cassandra-cpp"), 0, 1, Metric::Cpu, cpu),
        ];
        self.add(title, series, comparisons);
    }

    fn single(&mut self, op: Operation, threads: u32, payload: usize, with_noise: bool) {
        let pace = self.pace;
        if threads > 16 {
            // So many take a few milliseconds to begin and to end.
            self.pace = Pace { rounds: (pace.rounds * 2).div_ceil(3), millis: pace.millis * 2, ..pace };
        }
        let target = self.by_id(payload);
        let request = self.request(op, threads, payload, &target);
        let title = format!("{} of {payload} B, {}", verb(op), of_threads(threads));
        let rarely = |who| Series { round_step: pace.round_step, ..one_series(who, &request) };
        let mut series = vec![
            one_series(ContenderName::Bare, &request),
            one_series(ContenderName::Ours, &request),
            rarely(ContenderName::Go),
            rarely(ContenderName::GoTuned),
            rarely(ContenderName::Scylla),
        ];
        let go = if threads <= 4 { 2.0 } else { 1.0 };
        let mut comparisons = vec![
            compare(format!("{title}: bare cassandra-cpp"), 1, 0, Metric::PerSecond, Bound::AtLeast(0.97)),
            compare(format!("{title}, client CPU: bare cassandra-cpp"), 1, 0, Metric::Cpu, Bound::AtMost(1.05)),
            compare(format!("{title}: Go program"), 1, 2, Metric::PerSecond, Bound::AtLeast(go)),
            compare(format!("{title}: Go program, tuned"), 1, 3, Metric::PerSecond, Bound::None),
            compare(format!("{title}: scylla with block_on"), 1, 4, Metric::PerSecond, Bound::None),
        ];
        if with_noise {
            series.push(one_series(ContenderName::BareAgain, &request));
            let what = |metric| format!("{title}{metric}: bare cassandra-cpp, another process to the first");
            comparisons.push(compare(what(""), 5, 0, Metric::PerSecond, Bound::None));
            comparisons.push(compare(what(", client CPU"), 5, 0, Metric::Cpu, Bound::None));
        }
        self.add(title, series, comparisons);
        self.pace = pace;
    }

    fn bulk(&mut self, op: Operation) {
        let target = self.by_id(SMALL);
        let one_at_a_time = if op == Operation::WriteBulk { Operation::Write } else { Operation::Read };
        let bulk = self.request(op, 1, SMALL, &target);
        let single = self.request(one_at_a_time, 1, SMALL, &target);
        let title = format!("{} of {SMALL} B, one thread, 256 in flight", verb(op));
        let series = vec![
            one_series(ContenderName::Bare, &bulk),
            one_series(ContenderName::Ours, &bulk),
            Series { label: "durable-store, one at a time".to_owned(), ..one_series(ContenderName::Ours, &single) },
        ];
        let comparisons = vec![
            compare(format!("{title}: bare pipelining"), 1, 0, Metric::PerSecond, Bound::AtLeast(0.95)),
            compare(format!("{title}: one at a time"), 1, 2, Metric::PerSecond, Bound::AtLeast(10.0)),
            compare(format!("{title}, client CPU: bare pipelining"), 1, 0, Metric::Cpu, Bound::None),
        ];
        self.add(title, series, comparisons);
    }

    fn known_shard(&mut self, threads: u32) {
        let [known, by_id] =
            [self.by_shard(), self.by_id(SMALL)].map(|target| self.request(Operation::Read, threads, SMALL, &target));
        let title = format!("read by id, keyed by shard, the shard known, {}", of_threads(threads));
        let series = vec![
            Series { label: "durable-store, by shard".to_owned(), ..one_series(ContenderName::Ours, &known) },
            Series { label: "durable-store, by id".to_owned(), ..one_series(ContenderName::Ours, &by_id) },
        ];
        let comparisons = vec![compare(format!("{title}: keyed by id"), 0, 1, Metric::PerSecond, Bound::AtLeast(0.95))];
        self.add(title, series, comparisons);
    }

    fn through_index(&mut self, threads: u32) {
        let target = Target { shard: None, ..self.by_shard() };
        let request = self.request(Operation::Read, threads, SMALL, &target);
        let title = format!("read by id, keyed by shard, through the index, {}", of_threads(threads));
        self.with_bare(title, request, Bound::None, Bound::None);
    }

    fn versioned(&mut self, threads: u32) {
        let target = Target { versioned: true, ..self.target("versioned", Layout::ById) };
        let target = self.table(target, SMALL, IDS);
        let request = self.request(Operation::WriteVersioned, threads, SMALL, &target);
        self.with_bare(format!("versioned write, {}", of_threads(threads)), request, Bound::None, Bound::None);
    }

    /// What it costs that a write checks its owner.
    fn owned(&mut self, threads: u32) {
        let target = Target { versioned: true, ..self.target("versioned", Layout::ById) };
        let versioned = self.table(target, SMALL, IDS);
        let owned = Target { owned: true, ..versioned.clone() };
        // Fewer: each is claimed before.
        let [owned, versioned] = [&owned, &versioned]
            .map(|target| Request { ids: CLAIMED, ..self.request(Operation::WriteVersioned, threads, SMALL, target) });
        let title = format!("owned write, {}", of_threads(threads));
        let series = vec![
            Series { label: "durable-store, owned".to_owned(), ..one_series(ContenderName::Ours, &owned) },
            Series { label: "durable-store, versioned".to_owned(), ..one_series(ContenderName::Ours, &versioned) },
        ];
        let comparisons = vec![
            compare(format!("{title}: versioned"), 0, 1, Metric::PerSecond, Bound::AtLeast(1.0 / 1.05)),
            compare(format!("{title}, client CPU: versioned"), 0, 1, Metric::Cpu, Bound::AtMost(1.05)),
        ];
        self.add(title, series, comparisons);
    }

    /// What it costs that a read returns the timestamp of the row, which moves the clock of the process.
    fn hybrid_clock(&mut self, threads: u32) {
        let without = self.by_id(SMALL);
        let with = Target { with_clock: true, ..without.clone() };
        let [with, without] = [&with, &without].map(|target| self.request(Operation::Read, threads, SMALL, target));
        let title = format!("read with the timestamp of the row, {}", of_threads(threads));
        let series = vec![
            Series { label: "bare cassandra-cpp, with the clock".to_owned(), ..one_series(ContenderName::Bare, &with) },
            one_series(ContenderName::Bare, &without),
        ];
        let comparisons = vec![
            compare(format!("{title}: without"), 0, 1, Metric::PerSecond, Bound::AtLeast(1.0 / 1.01)),
            compare(format!("{title}, client CPU: without"), 0, 1, Metric::Cpu, Bound::AtMost(1.01)),
        ];
        self.add(title, series, comparisons);
    }

    fn scan(&mut self) {
        let target = self.by_id(SMALL);
        let request = self.request(Operation::Scan, 1, SMALL, &target);
        self.with_bare(format!("scan of {IDS} states"), request, Bound::None, Bound::None);
    }
}

fn one_series(who: ContenderName, request: &Request) -> Series {
    Series { label: who.to_string(), who, request: request.clone(), round_step: 1 }
}

fn compare(what: String, ours: usize, other: usize, metric: Metric, bound: Bound) -> Comparison {
    Comparison { what, ours, other, metric, bound }
}

pub(crate) fn of_threads(threads: u32) -> String {
    if threads == 1 { "1 thread".to_owned() } else { format!("{threads} threads") }
}

fn verb(op: Operation) -> &'static str {
    match op {
        Operation::Write => "write",
        Operation::Read => "read",
        Operation::WriteBulk => "bulk write",
        Operation::ReadBulk => "bulk read",
        Operation::WriteVersioned => "versioned write",
        Operation::Scan => "scan",
        Operation::Fill | Operation::Warm => "preparation",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(quick: bool) -> Plan {
        Plan::new(&Options { quick, ..Options::default() }, "k")
    }

    #[test]
    fn a_quick_run_has_every_kind_of_bar() {
        let plan = plan(true);
        let whats: Vec<_> = plan.points.iter().flat_map(|point| &point.comparisons).map(|c| c.what.as_str()).collect();
        for threads in ["1 thread", "4 threads", "16 threads", "64 threads"] {
            for op in ["write", "read"] {
                for other in [": bare cassandra-cpp", ", client CPU: bare cassandra-cpp", ": Go program"] {
                    let what = format!("{op} of 200 B, {threads}{other}");
                    assert!(whats.contains(&what.as_str()), "{what} is not in {whats:#?}");
                }
            }
        }
        for end in ["bare pipelining", "one at a time", "keyed by id", "scylla with block_on"] {
            assert!(whats.iter().any(|what| what.ends_with(end)), "{end} is not in {whats:#?}");
        }
    }

    #[test]
    fn a_run_of_some_points_has_their_tables_only() {
        let plan = Plan::new(&Options { only: Some("owned".into()), ..Options::default() }, "k");
        let titles: Vec<_> = plan.points.iter().map(|point| point.title.as_str()).collect();
        assert_eq!(titles, ["owned write, 1 thread", "owned write, 16 threads"]);
        assert_eq!(plan.tables.iter().map(|table| table.target.table.as_str()).collect::<Vec<_>>(), ["versioned"]);
    }

    #[test]
    fn a_full_run_has_all_of_a_quick_one() {
        let titles = |plan: Plan| plan.points.into_iter().map(|point| point.title).collect::<Vec<_>>();
        let full = titles(plan(false));
        for title in titles(plan(true)) {
            assert!(full.contains(&title), "{title}");
        }
        assert_eq!(full.iter().collect::<std::collections::HashSet<_>>().len(), full.len(), "{full:#?}");
    }

    #[test]
    fn every_table_is_filled_once_and_comparisons_have_their_lanes() {
        let plan = plan(false);
        for point in &plan.points {
            for comparison in &point.comparisons {
                assert!(comparison.ours.max(comparison.other) < point.series.len(), "{}", point.title);
                let ours = point.series[comparison.ours].who;
                let is_bare = point.title.starts_with("read with the timestamp") && ours == ContenderName::Bare;
                assert!(is_bare || matches!(ours, ContenderName::Ours | ContenderName::BareAgain), "{}", point.title);
            }
            for one_series in &point.series {
                let tables = plan.tables.iter().filter(|table| table.target.table == one_series.request.target.table);
                let table: Vec<_> = tables.collect();
                assert_eq!(table.len(), 1, "{}", point.title);
                assert!(table[0].ids >= one_series.request.ids, "{}", point.title);
            }
        }
    }
}

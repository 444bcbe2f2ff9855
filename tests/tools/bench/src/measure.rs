//! Runs the series of a point one after the other, in another order each round, so that drift cancels out and so does what a
//! run leaves to the next: backwards and forwards, those at the ends would follow themselves, and find caches warm. In
//! several sessions with new processes, so that what a process has by chance (its place in memory, the server's thread for
//! its connection) cancels out too.

use anyhow::Result;
use fastrand::Rng;

use crate::{
    bars::{Bound, Row},
    contender::{ContenderName, Contenders},
    protocol::{Answer, Operation, Request},
    ratio::{Ratio, median, quantile},
};

/// One contender's part in a point.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    /// Where one contender has several parts: what this one is.
    pub(crate) label: String,
    pub(crate) who: ContenderName,
    pub(crate) request: Request,
    /// It takes part in each `round_step`-th round.
    pub(crate) round_step: u32,
}

/// What a ratio is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    PerSecond,
    Cpu,
}

/// A line of the table that comes out of a point: one_series `ours` to one_series `other`.
#[derive(Debug, Clone)]
pub(crate) struct Comparison {
    pub(crate) what: String,
    pub(crate) ours: usize,
    pub(crate) other: usize,
    pub(crate) metric: Metric,
    pub(crate) bound: Bound,
}

/// What is run in turn.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    pub(crate) title: String,
    pub(crate) series: Vec<Series>,
    pub(crate) rounds: u32,
    /// Before each of them the contenders that take part in every round are restarted; if there is only one, all stay
    /// as they are.
    pub(crate) sessions: u32,
    pub(crate) comparisons: Vec<Comparison>,
}

/// The runs of one one_series, each with its round; none where the contender does not take part.
#[derive(Debug)]
pub(crate) struct Runs {
    pub(crate) label: String,
    pub(crate) answers: Vec<(u32, Answer)>,
    pub(crate) allocations_per_operation: Option<f64>,
}

impl Runs {
    pub(crate) fn median(&self, of: impl Fn(&Answer) -> f64) -> Option<f64> {
        median(&self.answers.iter().map(|(_, answer)| of(answer)).collect::<Vec<_>>())
    }

    /// In microseconds: so large a share of all calls of all runs took no longer.
    pub(crate) fn latency(&self, share: f64) -> Option<f64> {
        let latencies = self.answers.iter().flat_map(|(_, answer)| &answer.latencies_us);
        quantile(&latencies.copied().map(f64::from).collect::<Vec<_>>(), share)
    }
}

/// A point with its runs.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) title: String,
    pub(crate) series: Vec<Runs>,
    pub(crate) rows: Vec<Row>,
}

pub(crate) fn measure(point: &Point, contenders: &mut Contenders) -> Result<Measured> {
    let mut series: Vec<_> = point
        .series
        .iter()
        .map(|one_series| Runs {
            label: one_series.label.clone(),
            answers: Vec::new(),
            allocations_per_operation: None,
        })
        .collect();
    let mut turn: Vec<_> =
        point.series.iter().zip(&mut series).filter(|(one_series, _)| contenders.has(one_series.who)).collect();
    let mut order = Rng::with_seed(1);
    let session = point.rounds.div_ceil(point.sessions.max(1));
    for round in 0..point.rounds {
        if round % session == 0 {
            warm_up(&turn, point.sessions > 1, contenders)?;
        }
        for (one_series, runs) in turn.iter_mut().filter(|(one_series, _)| round % one_series.round_step == 0) {
            runs.answers.push((round, contenders.ask(one_series.who, &one_series.request)?));
        }
        order.shuffle(&mut turn);
    }
    for (one_series, runs) in
        turn.iter_mut().filter(|(one_series, _)| matches!(one_series.who, ContenderName::Ours | ContenderName::Bare))
    {
        // A long run, so that beginning and ending it is a small part.
        let counted =
            Request { count_allocations: true, millis: one_series.request.millis * 10, ..one_series.request.clone() };
        let answer = contenders.ask(one_series.who, &counted)?;
        runs.allocations_per_operation = answer.allocations.map(|count| count as f64 / answer.operations.max(1) as f64);
    }
    let rows = point.comparisons.iter().map(|comparison| compare(comparison, &series)).collect();
    Ok(Measured { title: point.title.clone(), series, rows })
}

/// Has all connect, and run once: what comes first is not like the rest.
fn warm_up(turn: &[(&Series, &mut Runs)], restart: bool, contenders: &mut Contenders) -> Result<()> {
    let mut restarted = Vec::new();
    for (one_series, _) in turn {
        if restart && one_series.round_step == 1 && !restarted.contains(&one_series.who) {
            contenders.restart(one_series.who)?;
            restarted.push(one_series.who);
        }
    }
    for (one_series, _) in turn {
        contenders.ask(one_series.who, &Request { op: Operation::Warm, ..one_series.request.clone() })?;
        contenders.ask(one_series.who, &one_series.request)?;
    }
    Ok(())
}

/// Of the rounds that both took part in.
fn compare(comparison: &Comparison, series: &[Runs]) -> Row {
    let answers = |at: usize| series.get(at).map(|one_series| one_series.answers.as_slice()).unwrap_or_default();
    let of = |answer: &Answer| match comparison.metric {
        Metric::PerSecond => answer.per_second(),
        Metric::Cpu => answer.cpu_per_operation(),
    };
    let (ours, other): (Vec<_>, Vec<_>) = answers(comparison.ours)
        .iter()
        .filter_map(|(round, ours)| {
            let (_, other) = answers(comparison.other).iter().find(|(other, _)| other == round)?;
            Some((of(ours), of(other)))
        })
        .unzip();
    let label = series.get(comparison.other).map_or("the other", |one_series| one_series.label.as_str());
    Row {
        what: comparison.what.clone(),
        ratio: Ratio::of(&ours, &other).ok_or_else(|| format!("without the {label}")),
        bound: comparison.bound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(rounds: &[(u32, u64)]) -> Runs {
        let answer = |cpu_us| Answer {
            operations: 10,
            elapsed_us: 1_000_000,
            cpu_us,
            latencies_us: vec![1, cpu_us as u32],
            ..Answer::default()
        };
        let answers = rounds.iter().map(|&(round, cpu_us)| (round, answer(cpu_us))).collect();
        Runs { label: "x".to_owned(), answers, allocations_per_operation: None }
    }

    fn comparison(metric: Metric) -> Comparison {
        Comparison { what: "w".to_owned(), ours: 0, other: 1, metric, bound: Bound::AtMost(1.05) }
    }

    #[test]
    fn a_comparison_pairs_the_runs_of_common_rounds() {
        let series = [runs(&[(0, 20), (1, 40), (2, 60)]), runs(&[(0, 10), (2, 30)])];
        let ratio = compare(&comparison(Metric::Cpu), &series).ratio.unwrap();
        assert_eq!((ratio.median, ratio.pairs), (2.0, 2));
        assert_eq!(compare(&comparison(Metric::PerSecond), &series).ratio.unwrap().median, 1.0);
    }

    #[test]
    fn a_contender_that_takes_no_part_is_named() {
        let series = [runs(&[(0, 20)]), runs(&[])];
        assert_eq!(compare(&comparison(Metric::Cpu), &series).ratio, Err("without the x".to_owned()));
    }

    #[test]
    fn latencies_are_those_of_all_runs_together() {
        let one_series = runs(&[(0, 5), (1, 7)]);
        assert_eq!(
            [one_series.latency(0.0), one_series.latency(0.5), one_series.latency(1.0)],
            [Some(1.0), Some(3.0), Some(7.0)]
        );
        assert_eq!(runs(&[]).latency(0.5), None);
    }
}

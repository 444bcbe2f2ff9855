//! Runs the lanes of a point in turn, forwards and backwards, so that drift cancels out.

use anyhow::Result;

use crate::{
    bars::{Bound, Row},
    contender::{Contenders, Who},
    protocol::{Answer, Request},
    ratio::{Ratio, median},
};

/// One contender's part in a point.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    /// Where one contender has several parts: what this one is.
    pub(crate) label: String,
    pub(crate) who: Who,
    pub(crate) request: Request,
}

/// What a ratio is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Metric {
    PerSecond,
    Cpu,
}

/// A line of the table that comes out of a point: lane `ours` to lane `other`.
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
    pub(crate) lanes: Vec<Lane>,
    pub(crate) rounds: u32,
    pub(crate) comparisons: Vec<Comparison>,
}

/// The runs of one lane; none where the contender does not take part.
#[derive(Debug)]
pub(crate) struct Runs {
    pub(crate) label: String,
    pub(crate) answers: Vec<Answer>,
    pub(crate) allocations_per_operation: Option<f64>,
}

impl Runs {
    pub(crate) fn median(&self, of: impl Fn(&Answer) -> f64) -> Option<f64> {
        median(&self.all(of))
    }

    fn all(&self, of: impl Fn(&Answer) -> f64) -> Vec<f64> {
        self.answers.iter().map(of).collect()
    }
}

/// A point with its runs.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) title: String,
    pub(crate) lanes: Vec<Runs>,
    pub(crate) rows: Vec<Row>,
}

pub(crate) fn measure(point: &Point, contenders: &mut Contenders) -> Result<Measured> {
    let mut lanes: Vec<_> = point
        .lanes
        .iter()
        .map(|lane| Runs { label: lane.label.clone(), answers: Vec::new(), allocations_per_operation: None })
        .collect();
    let mut turn: Vec<_> = point.lanes.iter().zip(&mut lanes).filter(|(lane, _)| contenders.has(lane.who)).collect();
    for (lane, _) in &turn {
        let warm = Request { op: crate::protocol::Operation::Warm, ..lane.request.clone() };
        contenders.ask(lane.who, &warm)?;
        // What comes first after another point is not like the rest.
        contenders.ask(lane.who, &lane.request)?;
    }
    for _ in 0..point.rounds {
        for (lane, runs) in &mut turn {
            runs.answers.push(contenders.ask(lane.who, &lane.request)?);
        }
        turn.reverse();
    }
    for (lane, runs) in turn.iter_mut().filter(|(lane, _)| matches!(lane.who, Who::Ours | Who::Bare)) {
        let answer = contenders.ask(lane.who, &Request { count_allocations: true, ..lane.request.clone() })?;
        runs.allocations_per_operation = answer.allocations.map(|count| count as f64 / answer.operations.max(1) as f64);
    }
    let rows = point.comparisons.iter().map(|comparison| compare(comparison, &lanes)).collect();
    Ok(Measured { title: point.title.clone(), lanes, rows })
}

fn compare(comparison: &Comparison, lanes: &[Runs]) -> Row {
    let all = |at: usize| match comparison.metric {
        Metric::PerSecond => lanes.get(at).map(|lane| lane.all(Answer::per_second)).unwrap_or_default(),
        Metric::Cpu => lanes.get(at).map(|lane| lane.all(Answer::cpu_per_operation)).unwrap_or_default(),
    };
    let ratio = Ratio::of(&all(comparison.ours), &all(comparison.other));
    let label = lanes.get(comparison.other).map_or("the other", |lane| lane.label.as_str());
    Row {
        what: comparison.what.clone(),
        ratio: ratio.ok_or_else(|| format!("without the {label}")),
        bound: comparison.bound,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(cpu_us: &[u64]) -> Runs {
        let answer = |&cpu_us: &u64| Answer { operations: 10, elapsed_us: 1_000_000, cpu_us, ..Answer::default() };
        Runs { label: "x".to_owned(), answers: cpu_us.iter().map(answer).collect(), allocations_per_operation: None }
    }

    fn comparison(metric: Metric) -> Comparison {
        Comparison { what: "w".to_owned(), ours: 0, other: 1, metric, bound: Bound::AtMost(1.05) }
    }

    #[test]
    fn a_comparison_pairs_the_runs_of_its_lanes() {
        let lanes = [runs(&[20, 40, 60]), runs(&[10, 20, 30])];
        assert_eq!(compare(&comparison(Metric::Cpu), &lanes).ratio.unwrap().median, 2.0);
        assert_eq!(compare(&comparison(Metric::PerSecond), &lanes).ratio.unwrap().median, 1.0);
    }

    #[test]
    fn a_contender_that_takes_no_part_is_named() {
        let lanes = [runs(&[20]), runs(&[])];
        assert_eq!(compare(&comparison(Metric::Cpu), &lanes).ratio, Err("without the x".to_owned()));
    }
}

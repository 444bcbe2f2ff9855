//! The ratio of two contenders from alternating runs: the median of the ratios of all pairs.

use std::fmt;

/// The median of the ratios of pairs, how sure it is, and how far they spread.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) median: f64,
    /// Where the median of ever more pairs would be, with 95 %: from the pairs' order alone, whatever their distribution.
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) quartiles: [f64; 2],
    pub(crate) pairs: usize,
}

impl Ratio {
    /// Of `ours` to `other`, each pair run next to each other; `None` without any pair.
    pub(crate) fn of(ours: &[f64], other: &[f64]) -> Option<Self> {
        let ratios: Vec<_> = ours.iter().zip(other).map(|(ours, other)| ours / other).collect();
        let pairs = ratios.len();
        // How many of so many pairs are below the median is spread like so many throws of a coin.
        let half_width = 0.98 / (pairs as f64).sqrt();
        Some(Self {
            median: quantile(&ratios, 0.5)?,
            from: quantile(&ratios, (0.5 - half_width).max(0.0))?,
            to: quantile(&ratios, (0.5 + half_width).min(1.0))?,
            quartiles: [quantile(&ratios, 0.25)?, quantile(&ratios, 0.75)?],
            pairs,
        })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // More digits where they count.
        let digits = if self.median < 3.0 { 3 } else { 1 };
        let Self { median, from, to, quartiles: [low, high], pairs } = self;
        write!(f, "{median:.digits$}, {from:.digits$} to {to:.digits$} ({low:.2} to {high:.2}, {pairs} pairs)")
    }
}

pub(crate) fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Between two values, in proportion.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let place = share * sorted.len().checked_sub(1)? as f64;
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_the_median_of_the_pairs() {
        // The machine became twice as slow in the middle: no pair is affected.
        let ratio = Ratio::of(&[10.0, 10.0, 5.0, 5.0, 5.0], &[20.0, 20.0, 10.0, 10.0, 10.0]).unwrap();
        assert_eq!((ratio.median, ratio.from, ratio.to, ratio.quartiles, ratio.pairs), (0.5, 0.5, 0.5, [0.5, 0.5], 5));
    }

    #[test]
    fn a_single_outlier_changes_little() {
        let ratio = Ratio::of(&[1.0, 1.1, 0.9, 100.0, 1.0], &[1.0; 5]).unwrap();
        assert_eq!((ratio.median, ratio.quartiles), (1.0, [1.0, 1.1]));
    }

    #[test]
    fn more_pairs_make_the_median_surer_and_leave_the_spread() {
        let of = |pairs: u32| {
            let ours: Vec<_> = (0..pairs).map(|n| 1.0 + f64::from(n % 101) / 1_000.0).collect();
            Ratio::of(&ours, &vec![1.0; ours.len()]).unwrap()
        };
        let [few, many] = [of(101), of(10_100)];
        assert!((few.to - few.from) > 9.0 * (many.to - many.from), "{few} {many}");
        assert!(few.from < few.median && few.median < few.to, "{few}");
        assert!((few.quartiles[0] - many.quartiles[0]).abs() < 0.001, "{few} {many}");
        let lone = of(1);
        assert_eq!((lone.from, lone.to), (1.0, 1.0));
    }

    #[test]
    fn without_pairs_there_is_no_ratio() {
        assert_eq!(Ratio::of(&[], &[1.0]), None);
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn a_ratio_is_shown_with_its_spread() {
        let ratio = Ratio { median: 0.98765, from: 0.97, to: 1.0, quartiles: [0.9, 1.01], pairs: 7 };
        assert_eq!(ratio.to_string(), "0.988, 0.970 to 1.000 (0.90 to 1.01, 7 pairs)");
        assert_eq!(Ratio { median: 12.34, ..ratio }.to_string(), "12.3, 1.0 to 1.0 (0.90 to 1.01, 7 pairs)");
    }
}

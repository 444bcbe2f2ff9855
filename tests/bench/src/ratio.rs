//! What alternating runs say of two contenders: the ratio of each pair, and the median of those.

use std::fmt;

/// The median of the ratios of pairs, with their quartiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) pairs: usize,
}

impl Ratio {
    /// Of `ours` to `other`, each pair run next to each other; `None` without any pair.
    pub(crate) fn of(ours: &[f64], other: &[f64]) -> Option<Self> {
        let ratios: Vec<_> = ours.iter().zip(other).map(|(ours, other)| ours / other).collect();
        Some(Self {
            median: quantile(&ratios, 0.5)?,
            low: quantile(&ratios, 0.25)?,
            high: quantile(&ratios, 0.75)?,
            pairs: ratios.len(),
        })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // More digits where they count.
        let digits = if self.median < 3.0 { 3 } else { 1 };
        let Self { median, low, high, pairs } = self;
        write!(f, "{median:.digits$} ({low:.digits$} to {high:.digits$}, {pairs} pairs)")
    }
}

pub(crate) fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Between two values, in proportion.
fn quantile(values: &[f64], share: f64) -> Option<f64> {
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
    fn the_ratio_is_the_median_of_the_pairs_not_the_ratio_of_the_medians() {
        // The machine became twice as slow in the middle: no pair is affected.
        let ratio = Ratio::of(&[10.0, 10.0, 5.0, 5.0, 5.0], &[20.0, 20.0, 10.0, 10.0, 10.0]).unwrap();
        assert_eq!(ratio, Ratio { median: 0.5, low: 0.5, high: 0.5, pairs: 5 });
    }

    #[test]
    fn one_run_that_went_wrong_changes_little() {
        let ratio = Ratio::of(&[1.0, 1.1, 0.9, 100.0, 1.0], &[1.0; 5]).unwrap();
        assert_eq!((ratio.median, ratio.low, ratio.high), (1.0, 1.0, 1.1));
    }

    #[test]
    fn without_pairs_there_is_no_ratio() {
        assert_eq!(Ratio::of(&[], &[1.0]), None);
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn a_ratio_is_shown_with_its_spread() {
        let ratio = Ratio { median: 0.98765, low: 0.9, high: 1.01, pairs: 7 };
        assert_eq!(ratio.to_string(), "0.988 (0.900 to 1.010, 7 pairs)");
        assert_eq!(Ratio { median: 12.34, ..ratio }.to_string(), "12.3 (0.9 to 1.0, 7 pairs)");
    }
}

//! The targets of the store, and the table that tells which are reached.

use std::fmt;

use crate::ratio::Ratio;

/// What a ratio, ours to the other's, has to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Bound {
    AtLeast(f64),
    AtMost(f64),
    /// Only reported.
    None,
}

/// A line of the table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) what: String,
    /// Or why it was not measured.
    pub(crate) ratio: Result<Ratio, String>,
    pub(crate) bound: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    Miss,
    Reported,
    NotMeasured,
}

impl Row {
    pub(crate) fn verdict(&self) -> Verdict {
        let reached = match (&self.ratio, self.bound) {
            (Err(_), _) => return Verdict::NotMeasured,
            (Ok(_), Bound::None) => return Verdict::Reported,
            (Ok(ratio), Bound::AtLeast(bar)) => ratio.median >= bar,
            (Ok(ratio), Bound::AtMost(bar)) => ratio.median <= bar,
        };
        if reached { Verdict::Pass } else { Verdict::Miss }
    }
}

/// With three decimals at most.
fn thousandths(bar: f64) -> f64 {
    (bar * 1_000.0).round() / 1_000.0
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(bar) => write!(f, "at least {}", thousandths(*bar)),
            Self::AtMost(bar) => write!(f, "at most {}", thousandths(*bar)),
            Self::None => f.write_str("-"),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Miss => "MISS",
            Self::Reported => "reported",
            Self::NotMeasured => "not measured",
        })
    }
}

pub(crate) fn any_miss(rows: &[Row]) -> bool {
    rows.iter().any(|row| row.verdict() == Verdict::Miss)
}

/// A table in Markdown, its columns lined up.
pub(crate) fn table(head: &[&str], lines: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or_default()
    };
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells = cells.enumerate().map(|(column, cell)| format!(" {cell:<width$} |", width = width(column)));
        format!("|{}\n", cells.collect::<String>())
    };
    let mut text = line(&mut head.iter().copied());
    text += &format!(
        "|{}\n",
        (0..head.len()).map(|column| format!("{}|", "-".repeat(width(column) + 2))).collect::<String>()
    );
    for cells in lines {
        text += &line(&mut cells.iter().map(String::as_str));
    }
    text
}

/// The table of the bars.
pub(crate) fn render(rows: &[Row]) -> String {
    let lines: Vec<_> = rows
        .iter()
        .map(|row| {
            let ratio = row.ratio.as_ref().map_or_else(|why| why.clone(), Ratio::to_string);
            vec![row.what.clone(), ratio, row.bound.to_string(), row.verdict().to_string()]
        })
        .collect();
    table(&["what, ours to the other's", "median of ratios, 95 % (quartiles)", "bar", ""], &lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(median: f64, bound: Bound) -> Row {
        Row {
            what: "write".to_owned(),
            ratio: Ok(Ratio { median, from: median, to: median, quartiles: [median; 2], pairs: 7 }),
            bound,
        }
    }

    #[test]
    fn a_bar_is_reached_from_its_own_side() {
        for (median, bound, verdict) in [
            (0.97, Bound::AtLeast(0.97), Verdict::Pass),
            (0.969, Bound::AtLeast(0.97), Verdict::Miss),
            (1.05, Bound::AtMost(1.05), Verdict::Pass),
            (1.051, Bound::AtMost(1.05), Verdict::Miss),
            (0.1, Bound::None, Verdict::Reported),
            (f64::NAN, Bound::AtLeast(0.97), Verdict::Miss),
            (f64::NAN, Bound::AtMost(1.05), Verdict::Miss),
        ] {
            assert_eq!(row(median, bound).verdict(), verdict, "{median} {bound}");
        }
    }

    #[test]
    fn what_was_not_measured_is_no_miss_and_says_why() {
        let row = Row { what: "write".to_owned(), ratio: Err("no Go".to_owned()), bound: Bound::AtLeast(2.0) };
        assert_eq!(row.verdict(), Verdict::NotMeasured);
        assert!(!any_miss(std::slice::from_ref(&row)));
        let text = render(&[row]);
        assert!(text.contains("| no Go ") && text.contains("| not measured |"), "{text}");
    }

    #[test]
    fn a_single_miss_fails_the_bar() {
        let (good, bad) = (row(1.0, Bound::AtLeast(0.97)), row(0.9, Bound::AtLeast(0.97)));
        assert!(!any_miss(std::slice::from_ref(&good)));
        assert!(any_miss(&[good, bad]));
    }

    #[test]
    fn columns_line_up() {
        let text = table(&["a", "long head"], &[vec!["wide cell".to_owned(), "µ".to_owned()]]);
        assert_eq!(text, "| a         | long head |\n|-----------|-----------|\n| wide cell | µ         |\n");
    }
}

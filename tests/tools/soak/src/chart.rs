//! The chart of a run: operations and errors a second, and the faults.

use std::path::Path;

use anyhow::{Context, Result};
use plotters::prelude::*;

use crate::{
    history::{Entry, Nanos, SECOND},
    report::FaultRecord,
    schedule::FaultKind,
};

const SIZE: (u32, u32) = (1600, 640);

/// The colours of the faults, in the order of [`FaultKind::ALL`].
const COLOURS: [RGBColor; FaultKind::ALL.len()] = [
    RGBColor(214, 39, 40),
    RGBColor(148, 103, 189),
    RGBColor(255, 127, 14),
    RGBColor(188, 189, 34),
    RGBColor(23, 190, 207),
    RGBColor(31, 119, 180),
    RGBColor(90, 90, 90),
];

/// Draws it into a file.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn draw(path: &Path, title: &str, history: &[Entry], faults: &[FaultRecord]) -> Result<()> {
    let (operations, errors) = a_second(history);
    let most = operations.iter().chain(&errors).copied().max().unwrap_or(1).max(1);
    let draw = || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let area = SVGBackend::new(path, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&area)
            .caption(title, ("sans-serif", 20))
            .margin(16)
            .x_label_area_size(44)
            .y_label_area_size(64)
            .build_cartesian_2d(0.0..operations.len().max(1) as f64, 0.0..most as f64 * 1.1)?;
        chart
            .configure_mesh()
            .x_desc("seconds since the load began")
            .y_desc("a second")
            .x_label_formatter(&|x| format!("{x:.0}"))
            .y_label_formatter(&|y| format!("{y:.0}"))
            .label_style(("sans-serif", 16))
            .light_line_style(TRANSPARENT)
            .draw()?;
        for (kind, colour) in FaultKind::ALL.iter().zip(COLOURS) {
            let of_kind: Vec<_> = faults.iter().filter(|record| record.fault.kind() == *kind).collect();
            let mark = |record: &&FaultRecord| {
                let (from, to) = (seconds(record.began), seconds(record.over));
                Rectangle::new([(from, 0.0), (to, most as f64 * 1.1)], colour.mix(0.25).filled())
            };
            if !of_kind.is_empty() {
                let marks = chart.draw_series(of_kind.iter().map(mark))?;
                marks
                    .label(kind.name())
                    .legend(move |(x, y)| Rectangle::new([(x, y - 6), (x + 16, y + 6)], colour.mix(0.5).filled()));
            }
        }
        for (name, counts, colour) in [("operations", &operations, BLACK), ("errors", &errors, RED)] {
            let points = counts.iter().enumerate().map(|(second, count)| (second as f64 + 0.5, *count as f64));
            let line = chart.draw_series(LineSeries::new(points, colour.stroke_width(2)))?;
            line.label(name).legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour.stroke_width(2)));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .label_font(("sans-serif", 16))
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK)
            .draw()?;
        area.present()?;
        Ok(())
    };
    draw().map_err(|error| anyhow::anyhow!("{error}")).with_context(|| format!("drawing {}", path.display()))
}

/// How many calls ended in each second, and how many of them failed; a refused condition is no failure.
fn a_second(history: &[Entry]) -> (Vec<u64>, Vec<u64>) {
    let last = history.iter().map(|call| call.end).max().unwrap_or_default();
    let length = usize::try_from(last / SECOND).unwrap_or_default() + 1;
    let (mut operations, mut errors) = (vec![0; length], vec![0; length]);
    for call in history {
        let second = usize::try_from(call.end / SECOND).unwrap_or_default();
        let counts = [Some(&mut operations), is_error(call).then_some(&mut errors)];
        counts
            .into_iter()
            .flatten()
            .filter_map(|counts: &mut Vec<u64>| counts.get_mut(second))
            .for_each(|count| *count += 1);
    }
    (operations, errors)
}

fn is_error(call: &Entry) -> bool {
    call.error().is_some_and(|error| error != "Conflict")
}

fn seconds(nanos: Nanos) -> f64 {
    nanos as f64 / SECOND as f64
}

#[cfg(test)]
mod tests {
    use std::{env, fs, process, time::Duration};

    use super::*;
    use crate::{checker::simulated, options::Mode, schedule::Fault};

    #[test]
    fn a_picture_shows_operations_errors_and_fault_kinds() {
        let path = env::temp_dir().join(format!("soak-chart-{}.svg", process::id()));
        let (calls, _) = simulated::history(Mode::LastWriteWins, 7);
        let fault = Fault::Hang { node: 1, lasts: Duration::from_secs(3) };
        let faults = [FaultRecord { fault, began: SECOND, over: 2 * SECOND }];
        draw(&path, "a title", &calls, &faults).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        for part in ["<svg", "a title", "operations", "errors", "hang", "</svg>"] {
            assert!(text.contains(part), "{part}");
        }
        assert!(!text.contains("restart"));
    }
}

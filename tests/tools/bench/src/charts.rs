//! Charts as SVG, one per question.

use std::path::Path;

use anyhow::{Result, anyhow};
use plotters::prelude::*;

/// Lines over named places.
#[derive(Debug, PartialEq)]
pub(crate) struct Chart {
    pub(crate) file: String,
    pub(crate) title: String,
    pub(crate) across: String,
    pub(crate) up: String,
    pub(crate) places: Vec<String>,
    pub(crate) lines: Vec<(String, Vec<f64>)>,
}

const SIZE: (u32, u32) = (800, 480);
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    BLACK,
    RGBColor(230, 159, 0),
];

impl Chart {
    pub(crate) fn draw(&self, folder: &Path) -> Result<()> {
        let path = folder.join(&self.file);
        self.draw_to(&path).map_err(|error| anyhow!("cannot draw {}: {error}", path.display()))
    }

    fn draw_to(&self, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let root = SVGBackend::new(path, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let most = self.lines.iter().flat_map(|(_, values)| values).copied().fold(0.0, f64::max);
        let last = self.places.len().saturating_sub(1) as f64;
        let mut chart = ChartBuilder::on(&root)
            .caption(&self.title, ("sans-serif", 20))
            .margin(16)
            .x_label_area_size(40)
            .y_label_area_size(80)
            .build_cartesian_2d(0.0..last.max(1.0), 0.0..(most * 1.1).max(f64::MIN_POSITIVE))?;
        let name = |place: &f64| {
            let is_a_place = (place - place.round()).abs() < 1e-6;
            let name = self.places.get(place.round() as usize).filter(|_| is_a_place);
            name.cloned().unwrap_or_default()
        };
        chart
            .configure_mesh()
            .disable_x_mesh()
            .max_light_lines(0)
            .x_labels(self.places.len().max(2))
            .x_label_formatter(&name)
            .x_desc(&self.across)
            .y_desc(&self.up)
            .draw()?;
        for ((label, values), colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            let points = values.iter().enumerate().map(|(place, value)| (place as f64, *value));
            let line = LineSeries::new(points, colour.stroke_width(2)).point_size(3);
            let sample = |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2));
            chart.draw_series(line)?.label(label).legend(sample);
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .draw()?;
        root.present()?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_chart_names_its_places_and_lines() {
        let folder = std::env::temp_dir().join(format!("bench-chart-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let chart = Chart {
            file: "write.svg".to_owned(),
            title: "writes".to_owned(),
            across: "threads".to_owned(),
            up: "ops/s".to_owned(),
            places: ["1", "4", "sixteen"].map(str::to_owned).to_vec(),
            lines: vec![("ours".to_owned(), vec![1.0, 2.0, 3.0]), ("bare".to_owned(), vec![2.0, 2.5])],
        };
        chart.draw(&folder).unwrap();
        let text = fs::read_to_string(folder.join("write.svg")).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        for part in ["writes", "threads", "ops/s", "sixteen", "ours", "bare"] {
            assert!(text.contains(part), "no {part} in {text}");
        }
    }
}

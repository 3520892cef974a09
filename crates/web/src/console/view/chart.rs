//! The overview's chart: three lines as SVG paths in a box of 600 × 120.

use crate::console::history::{STEP_S, STEPS, Series};

use super::text::number;

const WIDTH: f64 = 600.0;
const HEIGHT: f64 = 120.0;

#[derive(Debug, Clone, serde::Serialize)]
pub struct Chart {
    pub accepted: String,
    pub delivered: String,
    pub failed: String,
    /// The value at the upper edge.
    pub top: String,
    /// The picture in words.
    #[serde(skip)]
    pub words: String,
    #[serde(skip)]
    pub minutes: i64,
    #[serde(skip)]
    pub step_s: i64,
}

impl Chart {
    pub fn of(series: &Series) -> Self {
        let lines = [&series.accepted, &series.delivered, &series.failed];
        let highest = lines.iter().flat_map(|line| line.iter()).copied().max().unwrap_or(0);
        let top = nice_top(highest);
        let [accepted, delivered, failed] = lines.map(|line| line.iter().sum::<u64>());
        let minutes = STEPS as i64 * STEP_S / 60;
        Self {
            accepted: line(&series.accepted, top),
            delivered: format!("{}L{WIDTH} {HEIGHT}L0 {HEIGHT}Z", line(&series.delivered, top)),
            failed: if failed == 0 { String::new() } else { line(&series.failed, top) },
            top: number(top),
            words: format!(
                "In the last {minutes} minutes {} messages were accepted, {} delivered, {} failed.",
                number(accepted),
                number(delivered),
                number(failed)
            ),
            minutes,
            step_s: STEP_S,
        }
    }
}

fn line(values: &[u64], top: u64) -> String {
    let step = WIDTH / (values.len().max(2) - 1) as f64;
    let mut path = String::with_capacity(values.len() * 12);
    for (at, value) in values.iter().enumerate() {
        let y = HEIGHT - (*value as f64 / top as f64) * (HEIGHT - 2.0) - 0.5;
        path.push_str(if at == 0 { "M" } else { "L" });
        path.push_str(&format!("{:.1} {y:.1}", at as f64 * step));
    }
    path
}

/// The next of 1, 2, 5 × 10ⁿ; never zero.
fn nice_top(highest: u64) -> u64 {
    let mut scale = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            match scale.checked_mul(factor) {
                Some(top) if top >= highest.max(1) => return top,
                Some(_) => {}
                None => return u64::MAX,
            }
        }
        match scale.checked_mul(10) {
            Some(next) => scale = next,
            None => return u64::MAX,
        }
    }
}

/// One bar for each value, as a path in the same box.
pub fn bars(values: &[u64], top: u64) -> String {
    let step = WIDTH / values.len().max(1) as f64;
    let mut path = String::with_capacity(values.len() * 32);
    for (at, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
        let height = (*value as f64 / top.max(1) as f64) * (HEIGHT - 2.0);
        let (left, width) = (at as f64 * step + step * 0.15, step * 0.7);
        path.push_str(&format!("M{left:.1} {HEIGHT}v-{height:.1}h{width:.1}V{HEIGHT}Z"));
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upper_edge_is_a_round_number() {
        for (highest, want) in [(0, 1), (1, 1), (3, 5), (6, 10), (11, 20), (500, 500), (501, 1_000)] {
            assert_eq!(nice_top(highest), want, "{highest}");
        }
        assert_eq!(nice_top(u64::MAX), u64::MAX);
    }

    #[test]
    fn lines_stay_inside_the_box() {
        let mut series = Series { accepted: vec![0; 3], delivered: vec![0, 5, 10], failed: vec![0; 3] };
        series.accepted[1] = 10;
        let chart = Chart::of(&series);
        assert_eq!(chart.accepted, "M0.0 119.5L300.0 1.5L600.0 119.5");
        assert!(chart.delivered.ends_with("L600 120L0 120Z"));
        assert_eq!((chart.failed.as_str(), chart.top.as_str()), ("", "10"));
        assert_eq!(chart.words, "In the last 10 minutes 10 messages were accepted, 15 delivered, 0 failed.");
    }

    #[test]
    fn bars_stand_on_the_ground() {
        assert_eq!(bars(&[0, 4, 2], 4), "M230.0 120v-118.0h140.0V120ZM430.0 120v-59.0h140.0V120Z");
        assert_eq!(bars(&[], 0), "");
    }
}

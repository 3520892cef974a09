//! The result as people read it: at most 80 columns, as plain text or as Markdown.

use std::fmt::Write;

use crate::figures::{Figures, Line, Target};
use crate::limits::STORED_FEW;

/// Of one line, in characters.
const COLUMNS: [usize; 5] = [31, 12, 9, 10, 5];

pub fn plain(figures: &Figures) -> String {
    let mut out = String::new();
    row(&mut out, ["measure", "figure", "ratio", "target", "met"]);
    for line in figures.lines() {
        let cells = cells(&line);
        row(&mut out, cells.each_ref().map(String::as_str));
    }
    let _ = writeln!(out, "{}", note(figures));
    out
}

fn cells(line: &Line) -> [String; 5] {
    let none = || "-".to_owned();
    let digits = line.digits;
    let target = line.target.map_or_else(none, |target| match target {
        Target::RatioAtLeast(least) => format!("≥ {least:.2}"),
        Target::AtMost(most) => format!("≤ {most}"),
    });
    [
        line.measure.to_owned(),
        line.figure.map_or_else(none, |figure| format!("{} {}", grouped(figure, digits), line.unit)),
        line.ratio.map_or_else(none, |ratio| format!("{ratio:.3}")),
        target,
        line.met().map_or_else(none, |met| if met { "yes" } else { "no" }.to_owned()),
    ]
}

fn row(out: &mut String, cells: [&str; 5]) {
    let [measure, rest @ ..] = cells;
    let mut line = format!("{measure:<width$}", width = COLUMNS[0]);
    for (cell, width) in rest.into_iter().zip(&COLUMNS[1..]) {
        let _ = write!(line, " {cell:>width$}");
    }
    let _ = writeln!(out, "{}", line.trim_end());
}

pub fn markdown(figures: &Figures) -> String {
    let mut out =
        String::from("| measure | figure | ratio | target | met |\n| --- | ---: | ---: | ---: | --- |\n");
    for line in figures.lines() {
        let _ = writeln!(out, "| {} |", cells(&line).map(|cell| cell.trim().to_owned()).join(" | "));
    }
    let _ = writeln!(out, "\n{}", note(figures));
    out
}

fn note(figures: &Figures) -> String {
    let mut note = format!("{}; {} senders of 1,000/s", figures.engine, figures.senders);
    for (amount, before, after) in [
        (figures.otp_backlog, "OTP before ", " waiting"),
        (figures.restart_waiting, "restart with ", " waiting"),
        (figures.growth_stored, &format!("few stored is {}, very many ", grouped(STORED_FEW as f64, 0)), ""),
    ] {
        if let Some(amount) = amount {
            let _ = write!(note, "\n{before}{}{after}", grouped(amount as f64, 0));
        }
    }
    note
}

/// A number with its thousands apart.
fn grouped(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Engine;
    use crate::figures::tests::full;

    #[test]
    fn thousands_stand_apart() {
        for (value, digits, expected) in [
            (0.0, 0, "0"),
            (999.4, 0, "999"),
            (1_000.0, 0, "1,000"),
            (1_234_567.89, 1, "1,234,567.9"),
            (1.239, 2, "1.24"),
        ] {
            assert_eq!(grouped(value, digits), expected);
        }
    }

    #[test]
    fn eighty_columns() {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            for figures in [full(engine), Figures::new(engine)] {
                for line in plain(&figures).lines() {
                    assert!(line.chars().count() <= 80, "{line}");
                }
            }
        }
    }

    #[test]
    fn a_line_says_what_was_wanted() {
        let text = plain(&full(Engine::Sqlite));
        let line = text.lines().find(|line| line.starts_with("single accept")).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(
            words,
            ["single", "accept,", "64", "connections", "12,346", "/s", "0.206", "≥", "0.20", "yes"]
        );
        assert!(
            markdown(&full(Engine::Postgres))
                .contains("| full lifecycle | 3,000 /s | 0.200 | ≥ 0.18 | yes |")
        );
    }
}

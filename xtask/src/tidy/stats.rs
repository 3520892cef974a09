//! `cargo xtask tidy --stats`: the shape of the tree, to be read now and then, not enforced.

use super::functions::{LONG, functions};
use super::source::Source;
use std::collections::BTreeMap;

/// Where files should be short: half of them, and nine in ten.
const MEDIAN_AIM: usize = 150;
const NINE_IN_TEN_AIM: usize = 400;

#[derive(Default)]
struct Area {
    files: Vec<usize>,
    test_lines: usize,
    comment_lines: usize,
}

impl Area {
    fn add(&mut self, source: &Source) {
        self.files.push(source.lines());
        let lines = (1..=source.lines()).map(|line| source.line_span(line).start);
        self.test_lines += lines.filter(|start| source.is_test_at(*start)).count();
        let comment_lines =
            source.comments.iter().map(|span| source.line(span.end) - source.line(span.start) + 1);
        self.comment_lines += comment_lines.sum::<usize>();
    }

    fn row(&self, name: &str) -> String {
        let mut files = self.files.clone();
        files.sort_unstable();
        let lines: usize = files.iter().sum();
        let share = |part: usize| (part * 100).checked_div(lines).unwrap_or(0);
        format!(
            "{name:<20} {:>6} {lines:>8} {:>8} {:>8} {:>8} {:>7}% {:>8}%\n",
            files.len(),
            quantile(&files, 50),
            quantile(&files, 90),
            files.last().copied().unwrap_or(0),
            share(self.test_lines),
            share(self.comment_lines),
        )
    }
}

pub fn report(sources: &[Source]) -> String {
    let mut areas: BTreeMap<String, Area> = BTreeMap::new();
    let mut total = Area::default();
    for source in sources {
        areas.entry(area_of(&source.path)).or_default().add(source);
        total.add(source);
    }
    let heads = ["files", "lines", "median", "9 in 10", "longest", "tests", "comments"];
    let mut report = format!("{:<20} {:>6}", "area", heads[0]);
    heads[1..].iter().for_each(|head| report.push_str(&format!(" {head:>8}")));
    report.push('\n');
    areas.iter().for_each(|(name, area)| report.push_str(&area.row(name)));
    report.push_str(&total.row("all"));
    report
        .push_str(&format!("aim: median {MEDIAN_AIM}, 9 in 10 {NINE_IN_TEN_AIM}, tests 50%, comments 10%\n"));
    report.push_str(&long_functions(sources));
    report
}

fn long_functions(sources: &[Source]) -> String {
    let all = sources.iter().flat_map(|source| functions(source).into_iter().map(move |f| (source, f)));
    let mut long: Vec<_> = all.filter(|(_, function)| function.lines > LONG).collect();
    long.sort_by_key(|(_, function)| std::cmp::Reverse(function.lines));
    let mut report = format!("functions over {LONG} lines: {}\n", long.len());
    for (source, function) in long {
        report.push_str(&format!(
            "  {}:{}: {} ({})\n",
            source.path, function.line, function.name, function.lines
        ));
    }
    report
}

fn area_of(path: &str) -> String {
    let depth = if path.starts_with("crates/") { 2 } else { 1 };
    path.split('/').take(depth).collect::<Vec<_>>().join("/")
}

fn quantile(sorted: &[usize], percent: usize) -> usize {
    let index = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(index).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_of_few_and_many() {
        assert_eq!(quantile(&[], 50), 0);
        assert_eq!(quantile(&[7], 90), 7);
        let hundred: Vec<usize> = (1..=100).collect();
        assert_eq!((quantile(&hundred, 50), quantile(&hundred, 90)), (50, 90));
    }

    #[test]
    fn the_table_has_a_row_per_area_and_names_long_functions() {
        let long = format!("fn long() {{\n{}}}\n", "    step();\n".repeat(LONG));
        let sources = [
            Source::new("crates/web/src/lib.rs", "//! Web.\n#[cfg(test)]\nmod tests {\n}\n"),
            Source::new("tests/src/main.rs", &long),
        ];
        let report = report(&sources);
        let rows: Vec<&str> = report.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(rows[..4], ["area", "crates/web", "tests", "all"]);
        assert!(report.contains("75%") && report.contains("tests/src/main.rs:1: long (72)"), "{report}");
    }
}

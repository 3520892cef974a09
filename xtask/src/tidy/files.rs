//! How a file looks: no tabs, no trailing blanks, no endless lines, and a crate says at its head what it is.

use super::Violation;
use super::source::Source;
use super::tree::Text;

/// Characters of a line.
const WIDTH_MAX: usize = 130;
/// Characters of a line of a test: sample JSON reads best with each object on one line.
const TEST_WIDTH_MAX: usize = 200;

pub fn check_source(source: &Source) -> Vec<Violation> {
    let mut found = blanks(&source.path, &source.text);
    found.extend(wide_lines(source));
    if source.path.ends_with("src/lib.rs") && !source.text.starts_with("//!") {
        let advice = "start with `//!`: what the crate is for, and what it does not do";
        found.push(Violation::new(&source.path, 1, "head", advice));
    }
    found
}

pub fn check_text(text: &Text) -> Vec<Violation> {
    blanks(&text.path, &text.text)
}

fn blanks(path: &str, text: &str) -> Vec<Violation> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.contains('\t') {
            found.push(Violation::new(path, index + 1, "tab", "use spaces, or `\\t` in a literal"));
        }
        if line.ends_with(' ') {
            found.push(Violation::new(
                path,
                index + 1,
                "blank",
                "take the blanks at the end of the line out",
            ));
        }
    }
    if !text.is_empty() && !text.ends_with('\n') {
        found.push(Violation::new(path, text.lines().count(), "blank", "end the file with a line break"));
    }
    found
}

fn wide_lines(source: &Source) -> Vec<Violation> {
    let mut found = Vec::new();
    for (index, line) in source.text.lines().enumerate() {
        let width = line.chars().count();
        let is_test = source.is_test_at(source.line_span(index + 1).start);
        let allowed = if is_test { TEST_WIDTH_MAX } else { WIDTH_MAX };
        if width > allowed && !is_test_data(source, index + 1) {
            let advice = format!(
                "{width} characters, at most {allowed}: break it (`\\` at the end continues a string)"
            );
            found.push(Violation::new(&source.path, index + 1, "width", advice));
        }
    }
    found
}

/// A test's sample is best left as it came: a line of a test that is mostly one string.
fn is_test_data(source: &Source, line: usize) -> bool {
    let line = source.line_span(line);
    let inside =
        |span: &std::ops::Range<usize>| span.end.min(line.end).saturating_sub(span.start.max(line.start));
    let longest = source.strings.iter().map(inside).max().unwrap_or(0);
    source.is_test_at(line.start) && longest * 2 > line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(path: &str, text: &str) -> Vec<(usize, &'static str)> {
        check_source(&Source::new(path, text)).into_iter().map(|found| (found.line, found.rule)).collect()
    }

    #[test]
    fn tabs_and_blanks_are_found() {
        assert_eq!(rules("a.rs", "a\n\tb\nc \nd"), [(2, "tab"), (3, "blank"), (4, "blank")]);
        assert!(rules("a.rs", "a\n  b\n").is_empty());
        let text = Text { path: "a.md".to_string(), text: "line \n".to_string() };
        assert_eq!(check_text(&text).len(), 1);
    }

    #[test]
    fn wide_lines_are_found_but_for_a_tests_samples() {
        let sample = format!("let a = \"{}\";\n", "x".repeat(WIDTH_MAX));
        assert_eq!(rules("a.rs", &sample), [(1, "width")]);
        let test = Source::of_test("a.rs", &sample);
        assert!(check_source(&test).is_empty());
        let objects = |count| format!("f(json!({{{}}}));\n", r#""id": "1", "#.repeat(count));
        assert_eq!(rules("a.rs", &objects(14)), [(1, "width")]);
        assert!(check_source(&Source::of_test("a.rs", &objects(14))).is_empty());
        assert_eq!(check_source(&Source::of_test("a.rs", &objects(20))).len(), 1);
        assert!(rules("a.rs", &format!("// {}\n", "é".repeat(WIDTH_MAX - 3))).is_empty());
    }

    #[test]
    fn a_library_says_what_it_is() {
        assert_eq!(rules("crates/a/src/lib.rs", "mod a;\n"), [(1, "head")]);
        assert!(rules("crates/a/src/lib.rs", "//! The store.\n").is_empty());
        assert!(rules("crates/a/src/a.rs", "mod a;\n").is_empty());
    }
}

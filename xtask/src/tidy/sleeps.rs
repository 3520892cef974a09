//! Tests wait for what happens, not for time to pass. `// sleep: …` beside or above gives the reason for an exception.

use super::Violation;
use super::source::{Source, words};

pub fn check(source: &Source) -> Vec<Violation> {
    let code = &source.code;
    let mut found = Vec::new();
    let mut before = "";
    for (at, word) in words(code) {
        // A method is a clock's, whose time is virtual; a definition is no call.
        let is_call = word == "sleep"
            && code[at + word.len()..].starts_with('(')
            && before != "fn"
            && !code[..at].trim_end().ends_with('.');
        before = word;
        let line = source.line(at);
        if is_call && source.is_test_at(at) && !has_reason(source, line) {
            let advice = "wait for the event itself, or move the test's clock; else `// sleep: why`";
            found.push(Violation::new(&source.path, line, "sleep", advice));
        }
    }
    found
}

fn has_reason(source: &Source, line: usize) -> bool {
    let lines = [line.saturating_sub(1).max(1), line].map(|line| source.line_span(line));
    let mut comments =
        source.comments.iter().filter(|span| source.text[(*span).clone()].starts_with("// sleep: "));
    comments.any(|comment| lines.iter().any(|line| line.start <= comment.start && comment.start <= line.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, is_test: bool) -> Vec<usize> {
        let path = "tests/src/a.rs";
        let source = if is_test { Source::of_test(path, text) } else { Source::new(path, text) };
        check(&source).into_iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn sleeps_in_tests_need_a_reason() {
        assert_eq!(lines("fn a() {\n  tokio::time::sleep(x).await;\n}", true), [2]);
        assert_eq!(lines("#[cfg(test)]\nmod tests { fn a() { sleep(x) } }", false), [2]);
        assert!(lines("sleep(x); // sleep: the process under test has no other sign", true).is_empty());
        assert!(lines("// sleep: the browser paints\nsleep(x);", true).is_empty());
    }

    #[test]
    fn product_code_virtual_clocks_and_definitions_are_left_alone() {
        assert!(lines("fn a() { sleep(x) }", false).is_empty());
        assert!(lines("clock.sleep(x);", true).is_empty());
        assert!(lines("fn sleep(x: u8) {}", true).is_empty());
        assert!(lines("sleep_until(x);", true).is_empty());
    }
}

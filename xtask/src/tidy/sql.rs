//! SQL is written in the store only.

use super::Violation;
use super::source::Source;

pub fn check(source: &Source) -> Vec<Violation> {
    if !source.path.starts_with("crates/") || source.path.starts_with("crates/store/") {
        return Vec::new();
    }
    let advice = "SQL belongs in crates/store: add a function there and call it";
    let statements = source.strings.iter().filter(|span| is_statement(&source.text[(*span).clone()]));
    statements.map(|span| Violation::new(&source.path, source.line(span.start), "sql", advice)).collect()
}

fn is_statement(literal: &str) -> bool {
    let spaced = literal.replace("\\n", " ").replace('\\', " ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let pair = |first: &str, second: &str| words.windows(2).any(|pair| pair == [first, second]);
    let later = |first: &str, second: &str| {
        let from = words.iter().position(|word| word.ends_with(first));
        from.is_some_and(|from| words[from..].contains(&second))
    };
    pair("INSERT", "INTO") || pair("DELETE", "FROM") || later("SELECT", "FROM") || later("UPDATE", "SET")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_known_by_their_words() {
        for statement in [
            "SELECT id FROM message",
            "INSERT INTO due VALUES ($1)",
            "WITH x AS (SELECT 1 FROM y) TABLE x",
            "UPDATE message\n   SET status = $1",
            "DELETE \\\n FROM due",
        ] {
            assert!(is_statement(statement), "{statement}");
        }
        for prose in ["select a template from the list", "SELECT a sender", "an UPDATE of the SETTINGS", ""] {
            assert!(!is_statement(prose), "{prose}");
        }
    }

    #[test]
    fn only_the_store_the_tests_and_the_bench_may() {
        let lines = |path| {
            let source = Source::new(path, "// SELECT a FROM b\nlet a = \"SELECT a FROM b\";");
            check(&source).into_iter().map(|violation| violation.line).collect::<Vec<_>>()
        };
        assert_eq!(lines("crates/engine/src/report/mod.rs"), [2]);
        for path in ["crates/store/src/read.rs", "tests/src/main.rs", "bench/src/main.rs"] {
            assert!(lines(path).is_empty());
        }
    }
}

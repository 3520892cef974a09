//! Limits stand together: one `limits.rs` per crate (a large crate may have one per area).

use super::Violation;
use super::source::{Source, words};

pub fn check(source: &Source) -> Vec<Violation> {
    let in_product = source.path.starts_with("crates/") && source.path.contains("/src/");
    if !in_product || source.path.ends_with("/limits.rs") || source.path.contains("/limits/") {
        return Vec::new();
    }
    let mut found = Vec::new();
    let mut words = words(&source.code).peekable();
    while let Some((at, word)) = words.next() {
        let Some((_, name)) = (word == "const").then(|| words.peek().copied()).flatten() else { continue };
        if is_limit(name) && !source.is_test_at(at) {
            let advice = format!("`{name}` is a limit: move it to this crate's limits.rs, with its unit");
            found.push(Violation::new(&source.path, source.line(at), "limits", advice));
        }
    }
    found
}

fn is_limit(name: &str) -> bool {
    name.ends_with("_MAX") || name.starts_with("MAX_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_found_where_they_do_not_belong() {
        let text = "pub const BODY_BYTES_MAX: usize = 1;\nconst MAX_ITEMS: u8 = 2;\nconst PAGE: u8 = 3; // const A_MAX\n\
                    #[cfg(test)]\nmod tests { const ROUNDS_MAX: u8 = 4; }";
        let lines = |path| check(&Source::new(path, text)).iter().map(|found| found.line).collect::<Vec<_>>();
        assert_eq!(lines("crates/web/src/api/mod.rs"), [1, 2]);
        for path in ["crates/web/src/limits.rs", "crates/domain/src/whatsapp/limits.rs", "bench/src/main.rs"]
        {
            assert!(lines(path).is_empty(), "{path}");
        }
    }
}

//! The HTTP client is in the providers only. `deny.toml` cannot say it: whoever serves with hyper-util has its client too.

use super::Violation;
use super::source::Source;

const CLIENT: &str = "client::legacy";

pub fn check(source: &Source) -> Vec<Violation> {
    if !source.path.starts_with("crates/") || source.path.starts_with("crates/providers/") {
        return Vec::new();
    }
    let advice = "outbound HTTP belongs in crates/providers: take a transport";
    let uses = source.code.match_indices(CLIENT);
    uses.map(|(at, _)| Violation::new(&source.path, source.line(at), "client", advice)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_providers_the_tests_and_the_bench_may() {
        let lines = |path| {
            let source = Source::new(path, "// client::legacy\nuse hyper_util::client::legacy;");
            check(&source).into_iter().map(|violation| violation.line).collect::<Vec<_>>()
        };
        assert_eq!(lines("crates/web/src/server/mod.rs"), [2]);
        for path in ["crates/providers/src/http/mod.rs", "tests/src/main.rs", "bench/src/main.rs"] {
            assert!(lines(path).is_empty());
        }
    }
}

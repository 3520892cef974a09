//! The order of the engine's stages: a stage may use what is shared and the stages before it, never a later one.
//! Only `pipeline.rs` and what stands outside of the stages know them all. Tests may drive the whole path.

use super::Violation;
use super::source::{Source, closing, words};

const STAGES: [&str; 6] = ["intake", "policy", "routing", "dispatch", "reconcile", "report"];
const SRC: &str = "crates/engine/src/";

pub fn check(source: &Source) -> Vec<Violation> {
    let Some(module) = source.path.strip_prefix(SRC) else { return Vec::new() };
    let Some(own) = stage(module.split('/').next().unwrap_or_default().trim_end_matches(".rs")) else {
        return Vec::new();
    };
    let later = root_references(&source.code, depth(module)).into_iter().filter_map(|(at, name)| {
        let other = stage(name)?;
        (other > own && !source.is_test_at(at)).then(|| (at, STAGES[other]))
    });
    later
        .map(|(at, other)| Violation::new(&source.path, source.line(at), "stage", advice(STAGES[own], other)))
        .collect()
}

fn advice(own: &str, other: &str) -> String {
    format!(
        "{own} may not use {other}, a later stage: share it in a module of the root, or compose in pipeline.rs"
    )
}

fn stage(name: &str) -> Option<usize> {
    STAGES.iter().position(|stage| *stage == name)
}

/// How many `super` lead from a file's module to the root.
fn depth(module: &str) -> usize {
    let parts = module.trim_end_matches(".rs").split('/');
    parts.filter(|part| *part != "mod").count()
}

/// The names behind `crate::`, or behind enough `super::` to reach the root.
fn root_references(code: &str, depth: usize) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, word) in words(code) {
        let behind = match word {
            "crate" => code[at..].strip_prefix("crate::"),
            "super" if !code[..at].ends_with("super::") => {
                let rest = code[at..].trim_start_matches("super::");
                let count = (code.len() - at - rest.len()) / "super::".len();
                (count >= depth).then_some(rest)
            }
            _ => None,
        };
        if let Some(behind) = behind {
            names_at(code, code.len() - behind.len(), &mut found);
        }
    }
    found
}

/// The first name of a path, or of each path in a braced group.
fn names_at<'a>(code: &'a str, start: usize, found: &mut Vec<(usize, &'a str)>) {
    if !code[start..].starts_with('{') {
        found.extend(words(&code[start..]).next().map(|(at, word)| (start + at, word)));
        return;
    }
    let inside = &code[start + 1..closing(code, start).saturating_sub(1).max(start + 1)];
    let (mut depth, mut first) = (0usize, true);
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => first = true,
            byte if first && !byte.is_ascii_whitespace() => {
                first = false;
                found.extend(words(&inside[at..]).next().map(|(_, word)| (start + 1 + at, word)));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(path: &str, text: &str) -> Vec<String> {
        let found = check(&Source::new(&format!("{SRC}{path}"), text));
        found.into_iter().map(|violation| format!("{}: {}", violation.line, violation.advice)).collect()
    }

    #[test]
    fn later_stages_are_out_of_reach_in_every_spelling() {
        for (path, text) in [
            ("policy/mod.rs", "use crate::dispatch::Lane;"),
            ("policy/rules.rs", "use crate::{\n  clock::Now,\n  dispatch::{Lane, Bucket},\n};"),
            ("policy/rules.rs", "fn a() { crate::report::count(); }"),
            ("policy/rules.rs", "use super::super::routing::Plan;"),
            ("policy/mod.rs", "use super::routing::Plan;"),
            ("policy.rs", "use super::routing::Plan;"),
        ] {
            assert_eq!(later(path, text).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn shared_modules_earlier_stages_and_namesakes_are_fine() {
        for (path, text) in [
            ("policy/mod.rs", "use crate::limits::{A, B}; use crate::intake::Intent;"),
            ("policy/rules.rs", "use super::report::Verdict; // use crate::dispatch"),
            ("pipeline.rs", "use crate::{intake, policy, routing, dispatch, reconcile, report};"),
            ("campaigns/mod.rs", "use crate::dispatch::Lane;"),
            ("policy/mod.rs", "use crate::{intake::{report, dispatch}};"),
            ("intake/mod.rs", "#[cfg(test)]\nmod tests { use crate::report::timeline; }"),
        ] {
            assert_eq!(later(path, text), Vec::<String>::new(), "{path}: {text}");
        }
    }
}

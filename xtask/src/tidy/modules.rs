//! The module tree of each crate, followed from its roots by `mod` declarations: it tells which files are compiled
//! for tests only, and which are not compiled at all.

use super::Violation;
use super::source::{Source, is_test_attribute, words};
use std::collections::BTreeMap;

/// A crate root: `lib.rs`, `main.rs` and the like.
#[derive(Clone, Debug)]
pub struct Root {
    pub path: String,
    pub is_test: bool,
}

/// Where a `mod name;` may have its file, and whether it is for tests.
struct Declaration {
    candidates: Vec<String>,
    is_test: bool,
}

/// Every file that is reached, with `true` if only tests compile it.
pub fn reach(roots: &[Root], sources: &[Source]) -> BTreeMap<String, bool> {
    let by_path: BTreeMap<&str, &Source> =
        sources.iter().map(|source| (source.path.as_str(), source)).collect();
    let mut reached: BTreeMap<String, bool> = BTreeMap::new();
    let mut open: Vec<(String, bool, bool)> =
        roots.iter().map(|root| (root.path.clone(), root.is_test, true)).collect();
    while let Some((path, is_test, is_root)) = open.pop() {
        let Some(source) = by_path.get(path.as_str()) else { continue };
        // Once reached by the product, a file is not a test's; the walk goes on only if that is news.
        if reached.get(&path).is_some_and(|known| !known || is_test) {
            continue;
        }
        reached.insert(path, is_test);
        for declaration in declarations(source, is_root) {
            let found = declaration.candidates.into_iter().find(|path| by_path.contains_key(path.as_str()));
            open.extend(found.map(|path| (path, is_test || declaration.is_test, false)));
        }
    }
    reached
}

/// Files under a `src` folder that no crate compiles.
pub fn unreached(sources: &[Source], reached: &BTreeMap<String, bool>) -> Vec<Violation> {
    let advice = "no `mod` declaration reaches this file: declare it, or delete it";
    let dead =
        sources.iter().filter(|source| source.path.contains("src/") && !reached.contains_key(&source.path));
    dead.map(|source| Violation::new(&source.path, 1, "dead-file", advice)).collect()
}

fn declarations(source: &Source, is_root: bool) -> Vec<Declaration> {
    let (folder, file) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let stem = file.trim_end_matches(".rs");
    let own = if is_root || stem == "mod" { folder.to_string() } else { format!("{folder}/{stem}") };
    let bytes = source.code.as_bytes();
    let mut found = Vec::new();
    for (at, word) in words(&source.code) {
        let Some(name) = (word == "mod").then(|| next_word(&source.code, at + 3)).flatten() else { continue };
        let behind = source.code[name.0 + name.1.len()..].trim_start();
        if !behind.starts_with(';') {
            continue;
        }
        let start =
            bytes[..at].iter().rposition(|byte| matches!(byte, b';' | b'{' | b'}')).map_or(0, |end| end + 1);
        let is_test = is_test_attribute(&source.code[start..at]) || source.is_test_at(at);
        let inline = enclosing_modules(&source.code, at);
        let candidates = match path_attribute(source, start, at) {
            Some(path) => vec![normal(&format!("{folder}/{path}"))],
            None => {
                let base =
                    std::iter::once(own.as_str()).chain(inline.iter().copied()).collect::<Vec<_>>().join("/");
                vec![format!("{base}/{}.rs", name.1), format!("{base}/{}/mod.rs", name.1)]
            }
        };
        found.push(Declaration { candidates, is_test });
    }
    found
}

fn next_word(code: &str, from: usize) -> Option<(usize, &str)> {
    let (at, word) = words(&code[from..]).next()?;
    code[from..from + at].trim().is_empty().then_some((from + at, word))
}

/// The names of the inline modules around an offset, outermost first.
fn enclosing_modules(code: &str, offset: usize) -> Vec<&str> {
    let mut names = Vec::new();
    for (at, word) in words(&code[..offset]) {
        let Some(name) = (word == "mod").then(|| next_word(code, at + 3)).flatten() else { continue };
        let behind = name.0 + name.1.len();
        let open = behind + code[behind..].len() - code[behind..].trim_start().len();
        if code[open..].starts_with('{') && super::source::closing(code, open) > offset {
            names.push(name.1);
        }
    }
    names
}

fn path_attribute(source: &Source, start: usize, end: usize) -> Option<String> {
    let at = start + source.code[start..end].find("#[path")?;
    let string = source.strings.iter().find(|span| span.start > at && span.end < end)?;
    Some(source.text[string.clone()].to_string())
}

/// A path without `.` and `..`.
pub fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(files: &[(&str, &str)]) -> BTreeMap<String, bool> {
        let sources: Vec<Source> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        reach(&[Root { path: "c/src/lib.rs".to_string(), is_test: false }], &sources)
    }

    #[test]
    fn declarations_are_followed_in_every_spelling() {
        let found = reached(&[
            (
                "c/src/lib.rs",
                "pub mod a;\npub(crate) mod b;\nmod in_line { mod deep; }\n#[path = \"odd/name.rs\"]\nmod c;",
            ),
            ("c/src/a.rs", "mod leaf;"),
            ("c/src/a/leaf.rs", ""),
            ("c/src/b/mod.rs", "mod leaf;"),
            ("c/src/b/leaf.rs", ""),
            ("c/src/in_line/deep.rs", ""),
            ("c/src/odd/name.rs", ""),
            ("c/src/dead.rs", "mod leaf;"),
        ]);
        let names: Vec<&str> = found.keys().map(String::as_str).collect();
        let expected =
            ["a.rs", "a/leaf.rs", "b/leaf.rs", "b/mod.rs", "in_line/deep.rs", "lib.rs", "odd/name.rs"];
        assert_eq!(names, expected.map(|name| format!("c/src/{name}")));
    }

    #[test]
    fn test_only_files_are_marked_and_so_is_what_they_declare() {
        let found = reached(&[
            ("c/src/lib.rs", "mod a;\n#[cfg(test)]\nmod tests;"),
            ("c/src/a.rs", "#[cfg(test)] mod tests;"),
            ("c/src/a/tests.rs", ""),
            ("c/src/tests.rs", "mod helper;"),
            ("c/src/tests/helper.rs", ""),
        ]);
        let tests: Vec<&str> =
            found.iter().filter(|(_, test)| **test).map(|(path, _)| path.as_str()).collect();
        assert_eq!(tests, ["c/src/a/tests.rs", "c/src/tests.rs", "c/src/tests/helper.rs"]);
    }

    #[test]
    fn dead_files_are_named() {
        let sources = [Source::new("c/src/lib.rs", "// mod dead;"), Source::new("c/src/dead.rs", "")];
        let reached = reach(&[Root { path: "c/src/lib.rs".to_string(), is_test: false }], &sources);
        let found = unreached(&sources, &reached);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "c/src/dead.rs");
    }

    #[test]
    fn paths_are_made_plain() {
        assert_eq!(normal("a/./b/../c.md"), "a/c.md");
    }
}

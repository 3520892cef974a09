//! Words that say "not done": they belong into the issue tracker, not into the tree.

use super::Violation;
use super::source::{Source, closing, is_word, words};
use super::tree::Text;

const UNDONE: [&str; 3] = ["TODO", "FIXME", "XXX"];
const MACROS: [(&str, &str); 3] = [
    ("todo", "write it, or leave the path out"),
    ("unimplemented", "write it, or leave the path out"),
    ("dbg", "use tracing, or take it out"),
];

pub fn check(source: &Source) -> Vec<Violation> {
    let mut found = undone(source);
    for (at, word) in words(&source.code) {
        let behind = &source.code[at + word.len()..];
        if let Some((_, advice)) = MACROS.iter().find(|(name, _)| *name == word && behind.starts_with('!')) {
            found.push(Violation::new(&source.path, source.line(at), "unfinished", *advice));
        }
        found.extend(
            attribute(source, at, word)
                .map(|advice| Violation::new(&source.path, source.line(at), "attribute", advice)),
        );
    }
    found
}

pub fn check_text(text: &Text) -> Vec<Violation> {
    if text.path.ends_with(".md") {
        return Vec::new();
    }
    let lines = text.text.lines().enumerate().filter(|(_, line)| has_undone(line));
    lines.map(|(index, _)| Violation::new(&text.path, index + 1, "unfinished", UNDONE_ADVICE)).collect()
}

const UNDONE_ADVICE: &str = "do it now, or open an issue and take the note out";

fn undone(source: &Source) -> Vec<Violation> {
    let comments = source.comment_texts().filter(|(_, comment)| has_undone(comment));
    comments
        .map(|(at, _)| Violation::new(&source.path, source.line(at), "unfinished", UNDONE_ADVICE))
        .collect()
}

fn has_undone(text: &str) -> bool {
    words(text).any(|(_, word)| UNDONE.contains(&word))
}

/// What to do about a bare `#[allow(…)]` or `#[ignore]`.
fn attribute(source: &Source, at: usize, word: &str) -> Option<&'static str> {
    let code = &source.code;
    let open = code[..at].trim_end().strip_suffix('[')?;
    let head = open.trim_end();
    if !head.strip_suffix('!').map_or(head, str::trim_end).ends_with('#') {
        return None;
    }
    let whole = &code[open.len()..closing(code, open.len())];
    match word {
        "allow" if !whole.contains("reason") => {
            Some("use `#[expect(…, reason = \"…\")]`, which says why and complains once it is not needed")
        }
        "ignore" if !whole.bytes().any(|byte| byte == b'"') && !is_word(code.as_bytes()[at + word.len()]) => {
            Some("say why: `#[ignore = \"…\"]`")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<(usize, &'static str)> {
        check(&Source::new("a.rs", text))
            .into_iter()
            .map(|violation| (violation.line, violation.rule))
            .collect()
    }

    #[test]
    fn notes_in_comments_are_found_and_strings_are_left_alone() {
        let note = ["TO", "DO"].concat();
        assert_eq!(rules(&format!("\n// {note}: later")), [(2, "unfinished")]);
        assert_eq!(rules(&format!("/* {note} */")), [(1, "unfinished")]);
        assert!(rules(&format!("let a = \"{note}\"; // {note}S are fine")).is_empty());
        let text = Text { path: "a.toml".to_string(), text: format!("# ok\n# {note}\n") };
        assert_eq!(check_text(&text)[0].line, 2);
    }

    #[test]
    fn unfinished_macros_are_found() {
        assert_eq!(rules("fn a() { todo!() }\nfn b() { dbg!(1) }").len(), 2);
        assert!(rules("fn todo() {} // todo!()").is_empty());
    }

    #[test]
    fn attributes_give_a_reason() {
        for bare in [
            "#[allow(dead_code)]",
            "#![allow(dead_code)]",
            "# [ allow(x) ]",
            "#[ignore]",
            "#[test]\n#[ignore]",
        ] {
            assert_eq!(rules(bare).len(), 1, "{bare}");
        }
        for reasoned in [
            "#[allow(dead_code, reason = \"x\")]",
            "#[ignore = \"takes an hour\"]",
            "x[allow(1)]",
            "vec![allow()]",
            "#[ignored]",
        ] {
            assert!(rules(reasoned).is_empty(), "{reasoned}");
        }
    }
}

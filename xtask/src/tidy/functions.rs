//! No function is longer than a screen or two.

use super::Violation;
use super::source::{Source, closing, words};

pub const LONG: usize = 70;
const LINES_MAX: usize = 100;

/// A function with a body; lines from `fn` to the closing brace.
pub struct Function<'a> {
    pub name: &'a str,
    pub line: usize,
    pub lines: usize,
}

pub fn check(source: &Source) -> Vec<Violation> {
    let long = functions(source).into_iter().filter(|function| function.lines > LINES_MAX);
    long.map(|Function { name, line, lines }| {
        let advice = format!("`{name}` has {lines} lines, at most {LINES_MAX}: name its parts and call them");
        Violation::new(&source.path, line, "function-length", advice)
    })
    .collect()
}

pub fn functions(source: &Source) -> Vec<Function<'_>> {
    let code = &source.code;
    let mut found = Vec::new();
    let mut words = words(code).peekable();
    while let Some((at, word)) = words.next() {
        if word != "fn" {
            continue;
        }
        let Some((name_at, name)) = words.peek().copied() else { break };
        // `fn(` is a type, not a function.
        if !code[at + 2..name_at].chars().all(char::is_whitespace) {
            continue;
        }
        if let Some(open) = body(code, name_at) {
            let line = source.line(at);
            let lines = source.line(closing(code, open).saturating_sub(1)) - line + 1;
            found.push(Function { name, line, lines });
        }
    }
    found
}

/// The brace that opens the body, if there is one before the `;` of a mere declaration.
fn body(code: &str, from: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'{' if depth == 0 => return Some(at),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_from_head_to_brace() {
        let text = "fn a() {\n  1\n}\nimpl X {\n  const fn b(f: fn(u8) -> [u8; 2]) -> u8 { '}' }\n  fn c();\n}\n\
                    fn d<T>(\n  x: T,\n)\nwhere\n  T: Fn() -> u8,\n{\n  \"}\";\n}\n";
        let source = Source::new("a.rs", text);
        let found: Vec<_> = functions(&source).into_iter().map(|f| (f.name, f.line, f.lines)).collect();
        assert_eq!(found, [("a", 1, 3), ("b", 5, 1), ("d", 8, 8)]);
    }

    #[test]
    fn too_long_is_named() {
        let text = format!("fn long() {{\n{}}}\n", "    step();\n".repeat(LINES_MAX));
        let found = check(&Source::new("a.rs", &text));
        assert_eq!(found.len(), 1);
        assert!(found[0].advice.contains("`long` has 102 lines"), "{}", found[0].advice);
        assert!(check(&Source::new("a.rs", "fn short() {\n}\n")).is_empty());
    }
}

//! One Rust file, split into code, strings and comments, so that a rule about code is not fooled by the rest.

use std::ops::Range;

/// Bytes `start..end` of a file.
pub type Span = Range<usize>;

#[derive(Debug)]
pub struct Source {
    /// Relative to the root, with `/`.
    pub path: String,
    pub text: String,
    /// The text with comments and the insides of literals blanked; offsets and lines stay the same.
    pub code: String,
    pub comments: Vec<Span>,
    /// The insides of string literals.
    pub strings: Vec<Span>,
    /// The whole file is compiled for tests only.
    pub is_test: bool,
    line_starts: Vec<usize>,
    test_regions: Vec<Span>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Source {
        let (code, comments, strings) = Lexer::new(text).split();
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let line_starts = std::iter::once(0).chain(newlines).collect();
        let test_regions = test_regions(&code);
        let (path, text) = (path.to_string(), text.to_string());
        Source { path, text, code, comments, strings, is_test: false, line_starts, test_regions }
    }

    #[cfg(test)]
    pub fn of_test(path: &str, text: &str) -> Source {
        let mut source = Source::new(path, text);
        source.is_test = true;
        source
    }

    /// Lines count from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    pub fn line_span(&self, line: usize) -> Span {
        let start = self.line_starts.get(line - 1).copied().unwrap_or(self.text.len());
        let end = self.line_starts.get(line).map_or(self.text.len(), |next| next - 1);
        start..end.max(start)
    }

    pub fn lines(&self) -> usize {
        self.text.lines().count()
    }

    pub fn is_test_at(&self, offset: usize) -> bool {
        self.is_test || self.test_regions.iter().any(|region| region.contains(&offset))
    }

    pub fn comment_texts(&self) -> impl Iterator<Item = (usize, &str)> {
        self.comments.iter().map(|span| (span.start, &self.text[span.clone()]))
    }
}

/// Identifiers and keywords of blanked code, with their offsets.
pub fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = code.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() && !is_word(bytes[at]) {
            at += 1;
        }
        let start = at;
        while at < bytes.len() && is_word(bytes[at]) {
            at += 1;
        }
        (start < at).then(|| (start, &code[start..at]))
    })
}

pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The offset just behind the brace that closes the one at `open`.
pub fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// Whether an attribute says that what follows is for tests only.
pub fn is_test_attribute(attribute: &str) -> bool {
    attribute.contains("cfg(")
        && !attribute.contains("not(test")
        && words(attribute).any(|(_, word)| word == "test")
}

/// The items behind a test-only `#[cfg(…)]`, up to their closing brace.
fn test_regions(code: &str) -> Vec<Span> {
    let mut regions = Vec::new();
    for (at, _) in code.match_indices("#[cfg(") {
        let end = closing(code, at + 1);
        if !is_test_attribute(&code[at..end]) {
            continue;
        }
        if let Some(stop) = code[end..].find(['{', ';']).map(|found| found + end) {
            let is_block = code.as_bytes()[stop] == b'{';
            regions.push(at..if is_block { closing(code, stop) } else { stop });
        }
    }
    regions
}

struct Lexer<'a> {
    bytes: &'a [u8],
    code: Vec<u8>,
    comments: Vec<Span>,
    strings: Vec<Span>,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str) -> Lexer<'a> {
        let bytes = text.as_bytes();
        Lexer { bytes, code: bytes.to_vec(), comments: Vec::new(), strings: Vec::new() }
    }

    fn split(mut self) -> (String, Vec<Span>, Vec<Span>) {
        let mut at = 0;
        while at < self.bytes.len() {
            at = match self.bytes[at] {
                b'/' if self.peek(at + 1) == b'/' => self.comment(at, self.find(at, b'\n')),
                b'/' if self.peek(at + 1) == b'*' => self.comment(at, self.end_of_block(at)),
                b'"' => self.string(at + 1, self.end_of_string(at + 1), 1),
                b'r' if self.starts_word(at) => self.raw_string(at),
                b'\'' => self.char_or_lifetime(at),
                _ => at + 1,
            };
        }
        (String::from_utf8_lossy(&self.code).into_owned(), self.comments, self.strings)
    }

    fn peek(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn find(&self, from: usize, byte: u8) -> usize {
        let rest = self.bytes[from..].iter();
        rest.clone().position(|other| *other == byte).map_or(self.bytes.len(), |found| from + found)
    }

    /// The `r` of a raw string stands alone or behind the `b` or `c` of its kind.
    fn starts_word(&self, at: usize) -> bool {
        let before = |back: usize| at.checked_sub(back).map_or(0, |index| self.bytes[index]);
        !is_word(before(1)) || (matches!(before(1), b'b' | b'c') && !is_word(before(2)))
    }

    fn comment(&mut self, start: usize, end: usize) -> usize {
        self.blank(start..end);
        self.comments.push(start..end);
        end
    }

    fn end_of_block(&self, start: usize) -> usize {
        let (mut at, mut depth) = (start, 0usize);
        while at < self.bytes.len() {
            match (self.bytes[at], self.peek(at + 1)) {
                (b'/', b'*') => (at, depth) = (at + 2, depth + 1),
                (b'*', b'/') if depth == 1 => return at + 2,
                (b'*', b'/') => (at, depth) = (at + 2, depth - 1),
                _ => at += 1,
            }
        }
        at
    }

    fn end_of_string(&self, start: usize) -> usize {
        let mut at = start;
        while at < self.bytes.len() && self.bytes[at] != b'"' {
            at += if self.bytes[at] == b'\\' { 2 } else { 1 };
        }
        at.min(self.bytes.len())
    }

    fn string(&mut self, start: usize, end: usize, closing: usize) -> usize {
        self.blank(start..end);
        self.strings.push(start..end);
        end + closing
    }

    fn raw_string(&mut self, at: usize) -> usize {
        let hashes = self.bytes[at + 1..].iter().take_while(|byte| **byte == b'#').count();
        let start = at + 1 + hashes + 1;
        if self.peek(start - 1) != b'"' {
            return at + 1;
        }
        let mut end = start;
        while end < self.bytes.len() {
            let closes = self.bytes[end] == b'"'
                && self.bytes[end + 1..].iter().take(hashes).all(|byte| *byte == b'#');
            if closes {
                break;
            }
            end += 1;
        }
        self.string(start, end, 1 + hashes)
    }

    fn char_or_lifetime(&mut self, at: usize) -> usize {
        let first = self.peek(at + 1);
        let end = if first == b'\\' {
            self.find((at + 3).min(self.bytes.len()), b'\'')
        } else {
            let width = if first < 0x80 {
                1
            } else {
                self.bytes[at + 2..].iter().take_while(|b| **b & 0xC0 == 0x80).count() + 1
            };
            at + 1 + width
        };
        if self.peek(end) != b'\'' {
            return at + 1;
        }
        self.blank(at + 1..end);
        end + 1
    }

    fn blank(&mut self, span: Span) {
        let end = span.end.min(self.code.len());
        for byte in &mut self.code[span.start.min(end)..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(text: &str) -> Vec<String> {
        let source = Source::new("a.rs", text);
        source.strings.iter().map(|span| source.text[span.clone()].to_string()).collect()
    }

    #[test]
    fn strings_of_every_kind_are_found() {
        assert_eq!(strings(r#"f("a", b"b", "c\"d")"#), ["a", "b", "c\\\"d"]);
        assert_eq!(strings(r###"f(r"a\", r#"b"c"#, br##"d"#e"##)"###), ["a\\", "b\"c", "d\"#e"]);
        assert_eq!(strings("let r#type = for_r; '\"'; \"x\""), ["x"]);
        assert_eq!(strings("// \"no\"\n/* \"no /* \" */ no */ \"yes\""), ["yes"]);
        assert_eq!(strings("'\\'' '\\\\' 'é' '\\u{1F600}' \"x\" &'a str \"y\""), ["x", "y"]);
    }

    #[test]
    fn blanked_code_keeps_offsets_and_lines() {
        let text = "a; // é comment {\nlet s = \"{\n\"; '{' b";
        let source = Source::new("a.rs", text);
        assert_eq!(source.code.len(), text.len());
        assert_eq!(source.code.matches('\n').count(), 2);
        assert!(!source.code.contains('{') && source.code.ends_with('b'));
        assert_eq!(source.line(text.find("let").expect("there")), 2);
        assert_eq!(&source.text[source.line_span(1)], "a; // é comment {");
        assert_eq!(source.comments.len(), 1);
    }

    #[test]
    fn broken_files_do_not_stop_the_lexer() {
        for text in ["\"open", "r#\"open", "/* open", "'\\", "'", "r", "r#", "'é", "\"\\"] {
            Source::new("a.rs", text);
        }
    }

    #[test]
    fn words_are_whole() {
        let found: Vec<&str> = words("fn a_b(x1: &str)").map(|(_, word)| word).collect();
        assert_eq!(found, ["fn", "a_b", "x1", "str"]);
    }

    #[test]
    fn test_regions_reach_to_the_closing_brace() {
        let text =
            "fn a() {}\n#[cfg(test)]\nmod tests { fn b() {} }\nfn c() {}\n#[cfg(not(test))]\nfn d() {}";
        let source = Source::new("a.rs", text);
        let at = |name: &str| source.is_test_at(text.find(name).expect("there"));
        assert_eq!([at("a()"), at("b()"), at("c()"), at("d()")], [false, true, false, false]);
    }
}

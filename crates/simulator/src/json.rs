//! Writing JSON by hand, the way the real provider does: ASCII only, slashes escaped.

use std::fmt::Write;

/// Appends a quoted string.
pub fn string(out: &mut String, text: &str) {
    out.push('"');
    if text.bytes().all(|b| (0x20..0x7f).contains(&b) && !matches!(b, b'"' | b'\\' | b'/')) {
        out.push_str(text);
    } else {
        for c in text.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '/' => out.push_str("\\/"),
                '\n' => out.push_str("\\n"),
                ' '..='~' => out.push(c),
                _ => unicode(out, c),
            }
        }
    }
    out.push('"');
}

/// Escapes what is not ASCII in text that is JSON already.
pub fn ascii(json: &str) -> String {
    if json.is_ascii() {
        return json.to_owned();
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if c.is_ascii() { out.push(c) } else { unicode(&mut out, c) }
    }
    out
}

fn unicode(out: &mut String, c: char) {
    let mut units = [0u16; 2];
    for unit in c.encode_utf16(&mut units) {
        write!(out, "\\u{unit:04x}").expect("writing to a String cannot fail");
    }
}

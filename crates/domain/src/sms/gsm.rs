//! GSM 03.38: the default alphabet and its extension, one septet in one octet.

/// What announces a character of the extension.
pub const ESCAPE: u8 = 0x1B;

/// The default alphabet by septet; the place of the escape holds a space that is never used.
const BASIC: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', 'Δ', '_', 'Φ', 'Γ',
    'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1B}', 'Æ', 'æ', 'ß', 'É', ' ', '!', '"', '#', '¤', '%', '&', '\'',
    '(', ')', '*', '+', ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<',
    '=', '>', '?', '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q',
    'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§', '¿', 'a', 'b', 'c', 'd', 'e', 'f',
    'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä',
    'ö', 'ñ', 'ü', 'à',
];

/// What stands behind the escape.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{0C}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// The septets of a character, if the alphabet has it.
pub fn septets(c: char) -> Option<([u8; 2], usize)> {
    if c == '\u{1B}' {
        return None;
    }
    if let Some(code) = BASIC.iter().position(|each| *each == c) {
        return Some(([u8::try_from(code).ok()?, 0], 1));
    }
    EXTENSION.iter().find(|(_, each)| *each == c).map(|(code, _)| ([ESCAPE, *code], 2))
}

/// A text in septets, each in an octet of its own; `None` if a character is not of the alphabet.
pub fn encode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    for c in text.chars() {
        let (codes, n) = septets(c)?;
        out.extend_from_slice(&codes[..n]);
    }
    Some(out)
}

/// Reads septets; what stands for nothing is read as a space after an escape, else as `?`.
pub fn decode(septets: &[u8]) -> String {
    let mut out = String::with_capacity(septets.len());
    let mut each = septets.iter();
    while let Some(&code) = each.next() {
        if code != ESCAPE {
            out.push(BASIC.get(usize::from(code)).copied().unwrap_or('?'));
            continue;
        }
        if let Some(&code) = each.next() {
            let known = EXTENSION.iter().find(|(each, _)| *each == code).map(|(_, c)| *c);
            // As phones do it: an unknown extension shows the character of the basic table.
            out.push(known.or_else(|| BASIC.get(usize::from(code)).copied()).unwrap_or('?'));
        }
    }
    out
}

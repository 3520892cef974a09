//! Cutting a text into parts, and the header by which phones join them.

use super::{Encoding, gsm};

/// One part, as the octets of the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// One septet in one octet, or UTF-16 in big-endian octets.
    pub octets: Vec<u8>,
    /// Septets or UTF-16 units.
    pub units: usize,
}

/// A text in parts; an empty text is one empty part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    pub encoding: Encoding,
    pub parts: Vec<Part>,
}

/// What tells the parts of one message from those of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    pub number: u16,
    pub total: u8,
    /// From one.
    pub place: u8,
}

/// Cuts a text. A character is never cut: neither an escape from what it announces, nor a surrogate from its pair.
pub fn split(text: &str) -> Split {
    let gsm: Option<Vec<Vec<u8>>> =
        text.chars().map(|c| gsm::septets(c).map(|(codes, n)| codes[..n].to_vec())).collect();
    let (encoding, pieces) = match gsm {
        Some(pieces) => (Encoding::Gsm7, pieces),
        None => (Encoding::Ucs2, text.chars().map(utf16).collect()),
    };
    Split { encoding, parts: fill(pieces, encoding) }
}

/// Fills parts with pieces that stay whole.
fn fill(pieces: Vec<Vec<u8>>, encoding: Encoding) -> Vec<Part> {
    let width = if encoding == Encoding::Ucs2 { 2 } else { 1 };
    let (alone, of_many) = encoding.room();
    let whole: usize = pieces.iter().map(Vec::len).sum::<usize>() / width;
    let room = if whole <= alone { alone } else { of_many };
    let mut parts = vec![Part { octets: Vec::new(), units: 0 }];
    for piece in pieces {
        let units = piece.len() / width;
        if parts.last().is_some_and(|part| part.units + units > room) {
            parts.push(Part { octets: Vec::new(), units: 0 });
        }
        let part = parts.last_mut().expect("there is always a part");
        part.octets.extend_from_slice(&piece);
        part.units += units;
    }
    parts
}

/// Cuts a text as UTF-16, whatever its characters are: for those who write the default alphabet differently.
pub fn split_ucs2(text: &str) -> Split {
    Split { encoding: Encoding::Ucs2, parts: fill(text.chars().map(utf16).collect(), Encoding::Ucs2) }
}

fn utf16(c: char) -> Vec<u8> {
    let mut units = [0; 2];
    c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()).collect()
}

/// The header of one part, with a reference of one octet.
pub fn udh(reference: Reference) -> [u8; 6] {
    [5, 0, 3, reference.number.to_be_bytes()[1], reference.total, reference.place]
}

/// Takes the header off what arrived: the reference, if it has one, and the rest. `None` if the header breaks off.
pub fn without_udh(octets: &[u8]) -> Option<(Option<Reference>, &[u8])> {
    let length = usize::from(*octets.first()?);
    let header = octets.get(1..=length)?;
    let rest = &octets[length + 1..];
    let (mut at, mut reference) = (0, None);
    while at + 2 <= header.len() {
        let (kind, size) = (header[at], usize::from(header[at + 1]));
        let value = header.get(at + 2..at + 2 + size)?;
        reference = match (kind, value) {
            (0x00, [number, total, place]) => Some((u16::from(*number), *total, *place)),
            (0x08, [high, low, total, place]) => Some((u16::from_be_bytes([*high, *low]), *total, *place)),
            _ => reference,
        };
        at += 2 + size;
    }
    let reference = reference
        .filter(|(_, total, place)| *total > 1 && (1..=*total).contains(place))
        .map(|(number, total, place)| Reference { number, total, place });
    Some((reference, rest))
}

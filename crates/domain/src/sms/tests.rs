use proptest::prelude::*;

use super::*;

fn counted(text: &str) -> (Encoding, usize, usize, usize) {
    let found = segments(text);
    (found.encoding, found.parts, found.units, found.units_left)
}

#[test]
fn texts_are_counted_as_carriers_count_them() {
    use Encoding::{Gsm7, Ucs2};
    let a = |n: usize| "a".repeat(n);
    for (text, want) in [
        (String::new(), (Gsm7, 1, 0, 160)),
        (a(160), (Gsm7, 1, 160, 0)),
        (a(161), (Gsm7, 2, 161, 145)),
        (a(306), (Gsm7, 2, 306, 0)),
        (a(307), (Gsm7, 3, 307, 152)),
        (a(1_530), (Gsm7, 10, 1_530, 0)),
        ("€".repeat(80), (Gsm7, 1, 160, 0)),
        // An escape pair does not fit into the last septet of a part: 152 + 2.
        (format!("{}€{}", a(152), a(10)), (Gsm7, 2, 164, 141)),
        ("ž".to_owned(), (Ucs2, 1, 1, 69)),
        ("ž".repeat(70), (Ucs2, 1, 70, 0)),
        ("ž".repeat(71), (Ucs2, 2, 71, 63)),
        ("😀".repeat(35), (Ucs2, 1, 70, 0)),
        // 33 pairs are 66 units; the 67th unit is not half a pair.
        ("😀".repeat(36), (Ucs2, 2, 72, 61)),
        ("Grüße von Ödön, àèéìòù ÄÖÑÜ ß Æ æ Ø ø Å å ¿¡ §".to_owned(), (Gsm7, 1, 46, 114)),
        ("[]{}~|^\\\u{0C}€".to_owned(), (Gsm7, 1, 20, 140)),
    ] {
        let got = counted(&text);
        assert_eq!(got, want, "{text}");
    }
}

#[test]
fn characters_that_force_ucs2_are_named_once() {
    assert_eq!(segments("“Grüße” – “ja” ç").not_gsm, ['“', '”', '–', 'ç']);
    assert!(segments("plain").not_gsm.is_empty());
    assert_eq!(segments("\u{1B}").not_gsm, ['\u{1B}'], "the escape is no character");
}

#[test]
fn septets_are_those_of_the_standard() {
    for (text, octets) in [
        ("@£$¥", vec![0x00, 0x01, 0x02, 0x03]),
        ("Az", vec![0x41, 0x7A]),
        ("ÄÖÑÜ§¿äöñüà", vec![0x5B, 0x5C, 0x5D, 0x5E, 0x5F, 0x60, 0x7B, 0x7C, 0x7D, 0x7E, 0x7F]),
        ("_ΔΦΓΛΩΠΨΣΘΞ", vec![0x11, 0x10, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A]),
        ("€[", vec![0x1B, 0x65, 0x1B, 0x3C]),
        ("é\r\n", vec![0x05, 0x0D, 0x0A]),
    ] {
        assert_eq!(encode_gsm(text), Some(octets.clone()), "{text}");
        assert_eq!(decode_gsm(&octets), text);
    }
    assert_eq!(encode_gsm("ç"), None, "only its capital is of the alphabet");
    assert_eq!(decode_gsm(&[0x1B]), "", "an escape at the end announces nothing");
    assert_eq!(decode_gsm(&[0xFF]), "?");
}

#[test]
fn headers_are_written_and_read() {
    let reference = Reference { number: 0x1234, total: 3, place: 2 };
    let mut octets = udh(reference).to_vec();
    assert_eq!(octets, [5, 0, 3, 0x34, 3, 2]);
    octets.push(b'x');
    let (found, rest) = without_udh(&octets).expect("a header");
    assert_eq!((found, rest), (Some(Reference { number: 0x34, ..reference }), &b"x"[..]));
    for (octets, want) in [
        (&[6, 8, 4, 0x12, 0x34, 2, 1, b'y'][..], Some((Some((0x1234, 2, 1)), &b"y"[..]))),
        // Another element stands in front.
        (&[9, 4, 2, 0, 0, 0, 3, 7, 2, 2, b'z'], Some((Some((7, 2, 2)), b"z"))),
        (&[5, 0, 3, 1, 2, 3], Some((None, b""))),
        (&[0, b'a'], Some((None, b"a"))),
        (&[5, 0, 3], None),
        (&[], None),
    ] {
        let found = without_udh(octets)
            .map(|(reference, rest)| (reference.map(|it| (it.number, it.total, it.place)), rest));
        assert_eq!(found, want, "{octets:?}");
    }
}

proptest! {
    #[test]
    fn parts_join_to_the_text_and_none_is_too_long(text in "[ -~àéü€\\[\\]{}😀ž中]{0,600}") {
        let split = split(&text);
        let (alone, of_many) = split.encoding.room();
        let room = if split.parts.len() > 1 { of_many } else { alone };
        let mut joined = String::new();
        for part in &split.parts {
            prop_assert!(part.units <= room);
            // Each part can be read by itself: nothing was cut in two.
            match split.encoding {
                Encoding::Gsm7 => {
                    prop_assert_eq!(part.octets.len(), part.units);
                    joined.push_str(&decode_gsm(&part.octets));
                }
                Encoding::Ucs2 => {
                    let units: Vec<u16> =
                        part.octets.chunks(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
                    prop_assert_eq!(units.len(), part.units);
                    joined.push_str(&String::from_utf16(&units).expect("no surrogate stands alone"));
                }
            }
        }
        prop_assert_eq!(&joined, &text);
        prop_assert_eq!(segments(&text).parts, split.parts.len());
        let longest = if split.encoding == Encoding::Gsm7 { 1 } else { 2 };
        for part in &split.parts[..split.parts.len() - 1] {
            prop_assert!(part.units + longest >= room, "a part is as full as it can be");
        }
    }
}

//! Tables as text: CSV that comes in pieces, and cells that a spreadsheet must not take for formulas.

/// One record of a table, quotes and all, with the line on which it begins (the first is 1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub line: u64,
    pub bytes: Vec<u8>,
}

/// Takes a table apart into records as its bytes arrive. A line break within quotes ends no record.
#[derive(Debug)]
pub struct Records {
    delimiter: Option<u8>,
    open: Vec<u8>,
    /// The line that is being read, and the one on which the open record began.
    line: u64,
    began: u64,
    quoted: bool,
    /// Nothing of the field has been read: a quote opens it.
    fresh: bool,
    /// After a quote within a quoted field: it ended, or the next quote is a letter.
    maybe_ended: bool,
    most: usize,
}

/// A record is longer than any sensible one: the file is no table, or a quote is never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endless {
    pub line: u64,
}

const BOM: &[u8] = b"\xef\xbb\xbf";

impl Records {
    /// `most` bounds the bytes of one record.
    pub fn new(most: usize) -> Self {
        Self {
            delimiter: None,
            open: Vec::new(),
            line: 1,
            began: 1,
            quoted: false,
            fresh: true,
            maybe_ended: false,
            most,
        }
    }

    /// What divides the fields: known once the first record is whole.
    pub fn delimiter(&self) -> Option<u8> {
        self.delimiter
    }

    /// Takes bytes in; gives out the records that are whole with them.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Record>, Endless> {
        let mut whole = Vec::new();
        for &byte in bytes {
            self.take(byte, &mut whole);
            if self.open.len() > self.most {
                return Err(Endless { line: self.began });
            }
        }
        Ok(whole)
    }

    /// The last record, if the file does not end with a line break.
    pub fn finish(mut self) -> Option<Record> {
        let mut whole = Vec::new();
        self.end(&mut whole);
        whole.pop()
    }

    fn take(&mut self, byte: u8, whole: &mut Vec<Record>) {
        let ended = std::mem::take(&mut self.maybe_ended);
        if byte == b'\n' {
            self.line += 1;
        }
        if self.quoted && !ended {
            self.maybe_ended = byte == b'"';
            self.open.push(byte);
            return;
        }
        if self.quoted && byte == b'"' {
            // Two quotes are a letter.
            self.open.push(byte);
            return;
        }
        self.quoted = false;
        match byte {
            b'\n' => return self.end(whole),
            b'"' if self.fresh => self.quoted = true,
            _ => {}
        }
        let divides = match self.delimiter {
            Some(delimiter) => byte == delimiter,
            None => matches!(byte, b',' | b';' | b'\t'),
        };
        self.open.push(byte);
        self.fresh = divides || (self.line == 1 && self.open == BOM);
    }

    fn end(&mut self, whole: &mut Vec<Record>) {
        let mut bytes = std::mem::take(&mut self.open);
        (self.fresh, self.quoted, self.maybe_ended) = (true, false, false);
        let line = std::mem::replace(&mut self.began, self.line);
        while bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
        if self.delimiter.is_none() && bytes.starts_with(BOM) {
            bytes.drain(..BOM.len());
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        if self.delimiter.is_none() {
            let count = |wanted: u8| bytes.iter().filter(|each| **each == wanted).count();
            let found = [b',', b';', b'\t'].into_iter().rev().max_by_key(|each| count(*each));
            self.delimiter = found;
        }
        whole.push(Record { line, bytes });
    }
}

/// A cell that no spreadsheet takes for a formula: what could begin one gets an apostrophe before it.
pub fn guarded(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

/// Takes the apostrophe of [`guarded`] away again.
pub fn unguarded(cell: &str) -> &str {
    let cell = cell.trim();
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str, pieces: usize) -> Vec<(u64, String)> {
        let mut records = Records::new(1_000);
        let mut all = Vec::new();
        for piece in text.as_bytes().chunks(pieces.max(1)) {
            all.extend(records.push(piece).expect("short records"));
        }
        all.extend(records.finish());
        let shown = |record: Record| (record.line, String::from_utf8(record.bytes).expect("text"));
        all.into_iter().map(shown).collect()
    }

    #[test]
    fn records_are_found_in_whatever_pieces_they_come() {
        for (text, want) in [
            ("a,b\n1,2\n", vec![(1, "a,b"), (2, "1,2")]),
            ("a,b\r\n1,2\r\n3,4", vec![(1, "a,b"), (2, "1,2"), (3, "3,4")]),
            ("\u{feff}a;b\n1;2", vec![(1, "a;b"), (2, "1;2")]),
            ("\u{feff}\"a\";b\n1;2", vec![(1, "\"a\";b"), (2, "1;2")]),
            ("a,b\n\n\n1,2\n", vec![(1, "a,b"), (4, "1,2")]),
            ("a,b\n\"x\ny\",2\n3,4\n", vec![(1, "a,b"), (2, "\"x\ny\",2"), (4, "3,4")]),
            ("a,b\n\"x\"\"\n\",2\n3,4\n", vec![(1, "a,b"), (2, "\"x\"\"\n\",2"), (4, "3,4")]),
            ("a,b\n5\" pipe,2\n3,4\n", vec![(1, "a,b"), (2, "5\" pipe,2"), (3, "3,4")]),
            ("a,b\n\"x\",\"y\"\n3,4\n", vec![(1, "a,b"), (2, "\"x\",\"y\""), (3, "3,4")]),
            ("", vec![]),
            ("\n \n", vec![]),
        ] {
            let want: Vec<(u64, String)> =
                want.into_iter().map(|(line, text)| (line, text.to_owned())).collect();
            for pieces in [1, 2, 3, 7, 1_000] {
                assert_eq!(split(text, pieces), want, "{text:?} in pieces of {pieces}");
            }
        }
    }

    #[test]
    fn the_first_record_tells_what_divides() {
        for (head, want) in
            [("a,b,c", b','), ("a;b;c", b';'), ("a\tb", b'\t'), ("a", b','), ("a;b,c;d", b';')]
        {
            let mut records = Records::new(100);
            records.push(head.as_bytes()).unwrap();
            assert_eq!(records.push(b"\n").unwrap().len(), 1);
            assert_eq!(records.delimiter(), Some(want), "{head}");
        }
    }

    #[test]
    fn a_quote_that_is_never_closed_ends_somewhere() {
        let mut records = Records::new(50);
        records.push(b"a,b\n").unwrap();
        let endless = records.push(format!("\"{}", "x\n".repeat(60)).as_bytes());
        assert_eq!(endless, Err(Endless { line: 2 }));
    }

    #[test]
    fn formulas_are_disarmed_and_numbers_come_back() {
        for (cell, want) in [
            ("=1+1", "'=1+1"),
            ("+491701234567", "'+491701234567"),
            ("-1", "'-1"),
            ("@cmd", "'@cmd"),
            ("\tx", "'\tx"),
            ("Ann", "Ann"),
            ("", ""),
        ] {
            assert_eq!(guarded(cell), want);
        }
        assert_eq!(unguarded("'+491701234567"), "+491701234567");
        assert_eq!(unguarded(" '90s music "), "'90s music");
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "[a-c,;\"\n\r]{0,60}", pieces in 1..10usize) {
            prop_assert_eq!(split(&text, pieces), split(&text, 1_000));
        }
    }
}

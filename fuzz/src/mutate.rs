//! Seeded mutations of samples: cut, repeat, splice, change bytes and numbers. Not guided, but quick, and the same
//! on every machine.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Bytes of an input.
const INPUT_BYTES_MAX: usize = 64 * 1024;
/// Changes to one input.
const CHANGES_MAX: usize = 6;
/// Pieces that parsers stumble over.
const PIECES: [&[u8]; 20] = [
    b"null",
    b"{}",
    b"[]",
    b"[[[[[[[[",
    b"\"\"",
    b"-1",
    b"0",
    b"1e999",
    b"9223372036854775808",
    b"-9223372036854775809",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"\xc3\xa9",
    b"\0",
    b"true",
    b"{{1}}",
    b"+",
    b"\"id\":",
    b",",
];

pub struct Mutator {
    dice: StdRng,
    samples: Vec<Vec<u8>>,
}

impl Mutator {
    pub fn new(seed: u64, samples: Vec<Vec<u8>>) -> Self {
        Self { dice: StdRng::seed_from_u64(seed), samples }
    }

    /// The next input.
    pub fn next_input(&mut self) -> Vec<u8> {
        let mut input = self.sample();
        for _ in 0..self.dice.random_range(1..=CHANGES_MAX) {
            self.change(&mut input);
        }
        input.truncate(INPUT_BYTES_MAX);
        input
    }

    fn sample(&mut self) -> Vec<u8> {
        if self.samples.is_empty() {
            return Vec::new();
        }
        let which = self.dice.random_range(0..self.samples.len());
        self.samples[which].clone()
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.dice.random_range(0..=input.len());
        let end = (at + self.dice.random_range(1..=24)).min(input.len());
        match self.dice.random_range(0..7) {
            0 if at < input.len() => input[at] = self.dice.random(),
            1 if at < input.len() => input[at] ^= 1 << self.dice.random_range(0..8),
            2 => drop(input.drain(at..end)),
            3 => {
                let piece = PIECES[self.dice.random_range(0..PIECES.len())];
                input.splice(at..end, piece.iter().copied());
            }
            4 => {
                let again = input[at..end].to_vec();
                input.splice(at..at, again);
            }
            5 => input.truncate(at),
            _ => {
                let other = self.sample();
                let from = self.dice.random_range(0..=other.len());
                let until = (from + self.dice.random_range(1..=200)).min(other.len());
                input.splice(at..end, other[from..until].iter().copied());
            }
        }
    }
}

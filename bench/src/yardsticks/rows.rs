//! The rows of the raw insert yardstick: a message with its sealed part, and its row in the queue, with all the
//! columns that the store gives them and without its other indexes, its log and its checks.

use crate::limits::RAW_SEALED_BYTES;

pub const TENANT: [u8; 16] = [7; 16];
pub const ACCOUNT: [u8; 16] = [8; 16];
pub const COUNTRY: &str = "US";
pub const TEMPLATE: &str = "order_update";
pub const LANGUAGE: &str = "en_US";

/// What differs from row to row.
#[derive(Debug)]
pub struct Row {
    pub id: [u8; 16],
    pub sender: [u8; 16],
    pub recipient: [u8; 16],
    pub created_at: i64,
    pub sealed: Vec<u8>,
}

/// The `n`-th row. Ids grow as those of messages do; the rest looks random, as hashes and ciphertext do.
pub fn row(n: u64) -> Row {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&n.to_be_bytes());
    id[8..].copy_from_slice(&scramble(n).to_be_bytes());
    let mut recipient = [0; 16];
    recipient[..8].copy_from_slice(&scramble(n ^ 0xa5a5).to_be_bytes());
    recipient[8..].copy_from_slice(&scramble(n ^ 0x5a5a).to_be_bytes());
    let words = (0..RAW_SEALED_BYTES as u64).step_by(8).map(|i| scramble(n.wrapping_mul(131) + i));
    let mut sealed: Vec<u8> = words.flat_map(u64::to_be_bytes).collect();
    sealed.truncate(RAW_SEALED_BYTES);
    Row { id, sender: [(n % 16) as u8; 16], recipient, created_at: 1_790_000_000_000_000 + n as i64, sealed }
}

/// Mixes the bits of a number (the finalizer of SplitMix64).
fn scramble(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_grow_and_differ() {
        let (a, b) = (row(255), row(256));
        assert!(a.id < b.id);
        assert_ne!(a.recipient, b.recipient);
        assert_eq!((a.sealed.len(), b.sealed.len()), (RAW_SEALED_BYTES, RAW_SEALED_BYTES));
        assert_ne!(a.sealed, b.sealed);
    }
}

//! Which language and which variant a recipient gets. Deterministic: the same recipient, the same choice.

use super::settings::Variant;

/// Languages to try, in order: the one asked for, its base, the tenant's own chain, the default.
/// `pt_BR` → `pt_BR`, `pt`, then what the tenant wrote for either, then the default.
pub fn language_chain(
    wanted: &str,
    chains: &std::collections::BTreeMap<String, Vec<String>>,
    default: Option<&str>,
) -> Vec<String> {
    let base = wanted.split('_').next().unwrap_or(wanted);
    let mut chain: Vec<String> = Vec::new();
    let mut push = |code: &str| {
        if !code.is_empty() && !chain.iter().any(|each| each == code) {
            chain.push(code.to_owned());
        }
    };
    push(wanted);
    push(base);
    for code in [wanted, base] {
        chains.get(code).into_iter().flatten().for_each(|each| push(each));
    }
    default.into_iter().for_each(push);
    chain
}

/// The variant of a recipient, by weight. `hash` is the recipient's keyed hash, mixed with the template's name
/// so that one person is not always in the first arm.
pub fn variant_of<'a>(variants: &'a [Variant], name: &str, hash: &[u8; 16]) -> Option<&'a Variant> {
    let total: u64 = variants.iter().map(|variant| u64::from(variant.weight)).sum();
    if total == 0 {
        return variants.first();
    }
    // FNV-1a: spread is all that is asked of it.
    let mut mixed = 0xcbf2_9ce4_8422_2325u64;
    for byte in name.bytes().chain(hash.iter().copied()) {
        mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    let mut place = (mixed >> 16) % total;
    variants.iter().find(|variant| {
        let weight = u64::from(variant.weight);
        let found = place < weight;
        place = place.saturating_sub(weight);
        found
    })
}

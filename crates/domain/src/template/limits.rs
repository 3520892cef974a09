//! Bounds of the catalogue. Lengths are in characters unless the name says otherwise.

/// Shorter than the platform's 512: version and variant go behind the name.
pub const NAME_CHARS_MAX: usize = 400;
pub const TAGS_MAX: usize = 20;
pub const TAG_CHARS_MAX: usize = 80;
pub const OWNER_CHARS_MAX: usize = 200;
pub const VARIABLES_MAX: usize = 40;
pub const VARIABLE_CHARS_MAX: usize = 1_024;
pub const VARIANTS_MAX: usize = 10;
pub const VARIANT_CHARS_MAX: usize = 20;
pub const FLAG_BYTES_MAX: usize = 64;
pub const WEIGHT_MAX: u32 = 1_000;
pub const FALLBACKS_MAX: usize = 50;
pub const FALLBACK_CHARS_MAX: usize = 4_096;
pub const PATTERN_CHARS_MAX: usize = 200;
pub const DEFINITION_BYTES_MAX: usize = 64 * 1024;
pub const NOTE_CHARS_MAX: usize = 500;
/// Changed places that are told of two versions.
pub const CHANGES_MAX: usize = 500;

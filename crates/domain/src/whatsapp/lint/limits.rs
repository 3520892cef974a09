//! What the platform allows of a template. Lengths are in characters unless the name says otherwise.

pub const FINDINGS_MAX: usize = 100;
pub const NAME_CHARS_MAX: usize = 512;
pub const HEADER_CHARS_MAX: usize = 60;
pub const BODY_CHARS_MAX: usize = 1_024;
pub const OFFER_BODY_CHARS_MAX: usize = 600;
pub const CARD_BODY_CHARS_MAX: usize = 160;
pub const OFFER_TEXT_CHARS_MAX: usize = 16;
pub const FOOTER_CHARS_MAX: usize = 60;
pub const BUTTONS_MAX: usize = 10;
pub const CARD_BUTTONS_MAX: usize = 2;
pub const URL_BUTTONS_MAX: usize = 2;
pub const BUTTON_CHARS_MAX: usize = 25;
pub const URL_CHARS_MAX: usize = 2_000;
pub const PHONE_CHARS_MAX: usize = 20;
pub const COUPON_CHARS_MAX: usize = 20;
pub const CARDS_MIN: usize = 2;
pub const CARDS_MAX: usize = 10;
pub const LINE_BREAKS_IN_A_ROW_MAX: usize = 2;
pub const BLANKS_IN_A_ROW_MAX: usize = 4;
/// Words without their variables: at least so many for each variable, and one more.
pub const WORDS_PER_VARIABLE_MIN: usize = 2;
/// In languages that are written without blanks so many characters count as a word.
pub const CHARS_PER_WORD: usize = 2;
pub const CODE_EXPIRATION_MIN_MAX: (i64, i64) = (1, 90);
pub const SUPPORTED_APPS_MAX: usize = 5;
pub const PACKAGE_CHARS_MAX: usize = 224;
pub const SIGNATURE_HASH_CHARS: usize = 11;
/// Seconds for which the platform tries to deliver, by category.
pub const AUTHENTICATION_TTL_S: (i64, i64) = (30, 900);
pub const UTILITY_TTL_S: (i64, i64) = (30, 43_200);
pub const MARKETING_TTL_S: (i64, i64) = (43_200, 2_592_000);

//! What the platform allows of one message. Lengths are in characters unless the name says otherwise.

/// Problems that are told about one message; who has more will ask again.
pub const PROBLEMS_MAX: usize = 50;

pub const TEXT_BODY_MAX: usize = 4_096;
pub const CAPTION_MAX: usize = 1_024;
pub const LINK_BYTES_MAX: usize = 2_048;
pub const CONTACT_CARDS_MAX: usize = 257;
pub const IDENTITY_HASH_MAX: usize = 256;

pub const INTERACTIVE_BODY_MAX: usize = 1_024;
pub const LIST_BODY_MAX: usize = 4_096;
pub const HEADER_TEXT_MAX: usize = 60;
pub const FOOTER_MAX: usize = 60;
pub const REPLY_BUTTONS_MAX: usize = 3;
pub const REPLY_ID_MAX: usize = 256;
pub const REPLY_TITLE_MAX: usize = 20;
pub const LIST_BUTTON_MAX: usize = 20;
pub const SECTIONS_MAX: usize = 10;
pub const SECTION_TITLE_MAX: usize = 24;
pub const ROWS_MAX: usize = 10;
pub const ROW_ID_MAX: usize = 200;
pub const ROW_TITLE_MAX: usize = 24;
pub const ROW_DESCRIPTION_MAX: usize = 72;
pub const CTA_TEXT_MAX: usize = 20;
pub const PRODUCTS_MAX: usize = 30;
pub const CARDS_MIN: usize = 2;
pub const CARDS_MAX: usize = 10;
pub const CARD_BODY_MAX: usize = 160;
pub const CARD_LINE_BREAKS_MAX: usize = 2;

pub const TEMPLATE_NAME_MAX: usize = 512;
/// Characters of the longest language code, such as `zh_Hant_TW`.
pub const TEMPLATE_LANGUAGE_CHARS_MAX: usize = 15;
pub const TEMPLATE_BODY_MAX: usize = 1_024;
pub const OFFER_BODY_MAX: usize = 600;
pub const TEMPLATE_BUTTONS_MAX: usize = 10;
pub const COUPON_CODE_MAX: usize = 20;
pub const AUTH_CODE_MAX: usize = 15;
/// Blanks in a row within a template parameter.
pub const BLANKS_IN_A_ROW_MAX: usize = 4;

//! The bounds of the domain, each with its unit.

/// Attempts of one message; the number is a byte of the attempt's id.
pub const ATTEMPTS_PER_MESSAGE_MAX: u8 = 200;
/// Intents in one batch call.
pub const BATCH_INTENTS_MAX: usize = 1_000;
/// Microseconds that `send_at` may lie ahead: 365 days.
pub const SEND_AT_AHEAD_US_MAX: i64 = 365 * crate::time::DAY;
/// Bytes of `reference`.
pub const REFERENCE_BYTES_MAX: usize = 256;
/// Bytes of `metadata` as JSON.
pub const METADATA_BYTES_MAX: usize = 4_096;
/// Bytes of an `Idempotency-Key`.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;
/// Characters of `biz_opaque_callback_data` at the platform.
pub const CALLBACK_DATA_CHARS_MAX: usize = 512;
/// Microseconds of the customer service window.
pub const SERVICE_WINDOW_US: i64 = crate::time::DAY;
/// Microseconds that a sender's message to a recipient holds up the next one while it backs off.
pub const ORDER_YIELD_US: i64 = 5 * crate::time::SECOND;
/// Characters of what is read as a phone number: an E.164 number with generous punctuation.
pub(crate) const PHONE_INPUT_CHARS_MAX: usize = 40;
/// Digits of the longest phone number in E.164.
pub(crate) const PHONE_DIGITS_MAX: usize = 15;
/// Letters and digits of a business-scoped user id behind its country.
pub(crate) const BSUID_ID_CHARS_MAX: usize = 128;
/// Bytes of a user id in a platform's message before it is taken for garbage.
pub(crate) const BSUID_PLATFORM_BYTES_MAX: usize = 256;
/// Bytes of a whole e-mail address.
pub(crate) const EMAIL_BYTES_MAX: usize = 254;
/// Bytes of an e-mail address before the `@`.
pub(crate) const EMAIL_LOCAL_BYTES_MAX: usize = 64;
/// Bytes of one part of an e-mail address's domain.
pub(crate) const EMAIL_LABEL_BYTES_MAX: usize = 63;

// Policy.

/// Caps of one tenant.
pub const CAPS_MAX: usize = 16;
/// Messages and hours of one cap: 30 days.
pub const CAP_MESSAGES_MAX: u32 = 100;
pub const CAP_HOURS_MAX: u32 = 720;
/// Recipients in 24 hours above which the platform counts no more.
pub const MESSAGING_LIMIT_MAX: u32 = 10_000_000;
/// Domains to which a tenant's links may lead.
pub const DOMAINS_MAX: usize = 200;
/// Feature flags of one tenant.
pub const FLAGS_MAX: usize = 64;
/// Symbols of a one-time password; fewer are guessed.
pub const CODE_LENGTH_MIN: u8 = 4;
/// The platform takes no longer ones.
pub const CODE_LENGTH_MAX: u8 = 15;
/// Seconds for which a one-time password is good, at least and at most.
pub const VERIFICATION_TTL_S_MIN: u32 = 60;
pub const VERIFICATION_TTL_S_MAX: u32 = 3_600;
/// Wrong codes that may be given before a verification fails.
pub const VERIFICATION_ATTEMPTS_MAX: u8 = 10;
/// Times that a code may be sent again.
pub const VERIFICATION_RESENDS_MAX: u8 = 5;
/// Windows that a tenant may set.
pub const VERIFICATION_WINDOWS_MAX: u32 = 32;
/// Characters of the words that a person saw when consenting.
pub(crate) const PROOF_TEXT_CHARS_MAX: usize = 4_000;
/// Characters of the shorter parts of a proof.
pub(crate) const PROOF_SHORT_CHARS_MAX: usize = 200;
/// Purposes and embedding origins of one form.
pub(crate) const FORM_PURPOSES_MAX: usize = 20;
pub(crate) const FORM_ORIGINS_MAX: usize = 20;
/// Bytes of the variables of a confirmation's template.
pub(crate) const TEMPLATE_JSON_BYTES_MAX: usize = 4_096;
/// Characters of a keyword of a tenant's own, and how many there may be of each kind.
pub(crate) const KEYWORD_CHARS_MAX: usize = 60;
pub(crate) const KEYWORDS_OF_TENANT_MAX: usize = 100;
/// Bytes of a message in which a keyword is looked for: nobody opts out in an essay.
pub(crate) const KEYWORD_TEXT_BYTES_MAX: usize = 600;
/// Words of a message beyond which it is a text about something, whatever words are in it.
pub(crate) const POSSIBLE_WORDS_MAX: usize = 25;
/// Days that are looked ahead for hours that are open.
pub(crate) const OPENING_DAYS_AHEAD_MAX: i64 = 16;
/// Steps towards a moment that is open in every zone; each moves on by an opening of one of them.
pub(crate) const OPENING_STEPS_MAX: usize = 256;
/// Digits of the longest prefix of numbers that has a place.
pub(crate) const AREA_PREFIX_DIGITS_MAX: usize = 5;
/// Characters of a short message: ten parts of GSM-7, which carriers still join.
pub const SMS_TEXT_CHARS_MAX: usize = 1_530;
/// Characters of a mail's subject; longer ones are cut by every reader.
pub const EMAIL_SUBJECT_CHARS_MAX: usize = 250;
/// Bytes of the parts of a mail.
pub const EMAIL_TEXT_BYTES_MAX: usize = 100_000;
pub const EMAIL_HTML_BYTES_MAX: usize = 200_000;
/// Other ways of one message.
pub const FALLBACKS_MAX: usize = 4;
/// Seconds that one way may have.
pub const FALLBACK_AFTER_S_MAX: u32 = 3 * 86_400;
/// Bytes of certificates in PEM, and of a key that signs mails.
pub(crate) const PEM_BYTES_MAX: usize = 32 * 1024;
pub(crate) const DKIM_KEY_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a host's name, and of the address of an API.
pub(crate) const HOST_BYTES_MAX: usize = 253;
pub(crate) const BASE_URL_BYTES_MAX: usize = 512;
/// Characters of an SMS originator that is a name.
pub(crate) const ORIGINATOR_CHARS_MAX: usize = 11;
/// Characters outside GSM 03.38 that a count of parts names.
pub(crate) const SMS_NOT_GSM_SHOWN_MAX: usize = 32;
/// Bytes of a password of SMPP on the wire, without the zero behind it.
pub(crate) const SMPP_PASSWORD_BYTES_MAX: usize = 8;

//! One-time passwords.
#![expect(dead_code, reason = "describes what the engine writes")]

use utoipa::ToSchema;

use super::{CodeAlphabet, CodeScope, VerificationStatus};

#[derive(ToSchema)]
pub struct Verification {
    #[schema(example = "ver_01k9h3c4v8e2xt7m5q0w6r1yza")]
    id: String,
    status: VerificationStatus,
    /// Of the number; the number itself is only kept as a keyed hash.
    #[schema(example = "DE")]
    country: String,
    /// The messages that codes went out with, newest last.
    messages: Vec<String>,
    /// Times that a code was sent.
    sends: u8,
    attempts_left: u8,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
    /// From when on the code may be sent again.
    #[schema(format = DateTime)]
    resend_at: Option<String>,
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

#[derive(ToSchema)]
pub struct CodeCheck {
    /// Whether this call gave the right code in time; said once.
    valid: bool,
    #[serde(flatten)]
    verification: Verification,
}

#[derive(ToSchema)]
pub struct CodeWindow {
    scope: CodeScope,
    /// Seconds, up to a day.
    within_s: u32,
    /// Codes sent under one scope within that time.
    max: u32,
}

#[derive(ToSchema)]
pub struct VerificationSettings {
    #[schema(minimum = 4, maximum = 15, default = 6)]
    code_length: u8,
    alphabet: CodeAlphabet,
    /// Seconds for which a code is good.
    #[schema(minimum = 60, maximum = 3600, default = 600)]
    ttl_s: u32,
    /// Wrong codes that may be given.
    #[schema(minimum = 1, maximum = 10, default = 5)]
    attempts: u8,
    /// Seconds before the code may be sent again.
    #[schema(default = 30)]
    resend_after_s: u32,
    #[schema(maximum = 5, default = 3)]
    resends: u8,
    /// The authentication template to send with.
    template: Option<String>,
    language: Option<String>,
    /// Whether what looks like abuse is slowed, challenged and blocked, or only told.
    #[schema(default = true)]
    guard: bool,
    windows: Vec<CodeWindow>,
}

#[derive(ToSchema)]
pub struct CodesReport {
    #[schema(format = DateTime)]
    since: String,
    /// Verifications that began.
    started: u64,
    /// Those in which the right code was given in time.
    approved: u64,
    /// Codes that were sent for them.
    sends: u64,
    /// Countries with the most first, at most 50.
    countries: Vec<CodesOfCountry>,
    /// Every hour since then, oldest first.
    hours: Vec<CodesOfHour>,
}

#[derive(ToSchema)]
pub struct CodesOfCountry {
    #[schema(example = "DE")]
    country: String,
    started: u64,
    approved: u64,
    sends: u64,
}

#[derive(ToSchema)]
pub struct CodesOfHour {
    #[schema(format = DateTime)]
    at: String,
    started: u64,
    approved: u64,
}

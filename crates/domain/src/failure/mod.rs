//! What a provider's error code means and what to do about it, as one data table.
//!
//! Every code that the platform documents has a row: a sentence for people, whether the refusal is
//! definite, whether to try again, and which lane or list it touches. Code branches on these columns,
//! never on numbers.

mod cloud;
mod entry;
mod of;
pub mod smpp;
mod sms_http;
pub mod smtp;
#[cfg(test)]
mod tests;

pub use cloud::TABLE;
pub use entry::{Codes, Entry, FailureClass, RetryAdvice, Scope, ShapingAction};
pub use of::{entry, for_provider, own, stored};
pub use smpp::SMPP;
pub use sms_http::SMS_HTTP;
pub use smtp::{TABLE as SMTP, smtp, smtp_code, smtp_status};

/// The row of a Cloud API code; codes that nobody documented share [`UNKNOWN`].
pub fn cloud(code: i64) -> &'static Entry {
    find(TABLE, code).unwrap_or(&UNKNOWN)
}

/// The row of a code in a sorted table.
fn find(table: &'static [Entry], code: i64) -> Option<&'static Entry> {
    let after = table.partition_point(|entry| entry.codes.first() <= code);
    table.get(after.checked_sub(1)?).filter(|entry| entry.codes.contains(code))
}

/// The codes, as they are stored, that say that an account may not send until a person acts, such as giving it a new
/// token.
pub fn account_codes() -> Vec<Codes> {
    let blocked = |entry: &&Entry| entry.action == ShapingAction::PauseAccount;
    let mut codes: Vec<Codes> = [&HTTP_DENIED].into_iter().filter(blocked).map(|entry| entry.codes).collect();
    for (kind, table) in of::TABLES {
        codes.extend(table().iter().filter(blocked).map(|entry| match entry.codes {
            Codes::One(code) => Codes::One(stored(*kind, code)),
            Codes::Range(first, last) => Codes::Range(stored(*kind, first), stored(*kind, last)),
        }));
    }
    codes
}

/// The row of an answer that carries no code: only the HTTP status speaks.
pub fn for_http_status(status: u16) -> &'static Entry {
    match status {
        401 | 403 => &HTTP_DENIED,
        429 => &HTTP_TOO_MANY,
        408 | 425 | 500.. => &HTTP_SERVER,
        404 => &HTTP_NOT_FOUND,
        400..500 => &UNKNOWN,
        // A success that could not be understood, or a redirect: nobody knows what was done.
        _ => &HTTP_SERVER,
    }
}

/// A refusal with a code that the table does not know.
pub static UNKNOWN: Entry = Entry {
    codes: Codes::One(-1),
    name: "unknown",
    meaning: "The platform refused the message with a code that Tidings does not know.",
    class: FailureClass::Unknown,
    retry: RetryAdvice::Never,
    scope: Scope::Message,
    action: ShapingAction::None,
    definite: true,
};

static HTTP_DENIED: Entry = Entry {
    codes: Codes::One(-401),
    name: "http_denied",
    meaning: "The platform refused the account's credentials.",
    class: FailureClass::AccountBlocked,
    retry: RetryAdvice::WhenLifted,
    scope: Scope::Account,
    action: ShapingAction::PauseAccount,
    definite: true,
};

static HTTP_NOT_FOUND: Entry = Entry {
    codes: Codes::One(-404),
    name: "http_not_found",
    meaning: "The platform does not know the sender's id.",
    class: FailureClass::Misconfigured,
    retry: RetryAdvice::Never,
    scope: Scope::Sender,
    action: ShapingAction::None,
    definite: true,
};

static HTTP_TOO_MANY: Entry = Entry {
    codes: Codes::One(-429),
    name: "http_too_many",
    meaning: "The platform asked for fewer calls; the message waits its turn.",
    class: FailureClass::RateLimitAccount,
    retry: RetryAdvice::Backoff { base_ms: 1_000, cap_ms: 60_000, attempts_max: 10 },
    scope: Scope::Account,
    action: ShapingAction::SlowAccount { factor_percent: 50 },
    definite: true,
};

static HTTP_SERVER: Entry = Entry {
    codes: Codes::One(-500),
    name: "http_server",
    meaning: "The platform failed without saying whether it took the message.",
    class: FailureClass::Transient,
    retry: RetryAdvice::Backoff { base_ms: 1_000, cap_ms: 60_000, attempts_max: 5 },
    scope: Scope::Account,
    action: ShapingAction::None,
    definite: false,
};

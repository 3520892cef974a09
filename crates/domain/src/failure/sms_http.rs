//! The codes of an HTTP API for SMS in the Twilio style: those of a refused request, and those of a failed message.

use super::entry::Codes::{One, Range};
use super::entry::FailureClass::{
    AccountBlocked, InvalidPayload, Misconfigured, Policy, RateLimitAccount, RateLimitSender,
    RecipientOptedOut, RecipientUnreachable, Transient, Unknown,
};
use super::entry::ShapingAction::{
    None as Nothing, PauseAccount, RememberInvalid, SlowAccount, SlowSender, SuppressMarketing,
};
use super::entry::{Codes, Entry, FailureClass, RetryAdvice, Scope, ShapingAction};

const NEVER: RetryAdvice = RetryAdvice::Never;
const PACED: RetryAdvice = RetryAdvice::Backoff { base_ms: 1_000, cap_ms: 60_000, attempts_max: 50 };
const SOON: RetryAdvice = RetryAdvice::Backoff { base_ms: 2_000, cap_ms: 60_000, attempts_max: 5 };

const fn row(
    codes: Codes,
    name: &'static str,
    class: FailureClass,
    retry: RetryAdvice,
    scope: Scope,
    action: ShapingAction,
    meaning: &'static str,
) -> Entry {
    Entry { codes, name, meaning, class, retry, scope, action, definite: true }
}

const fn setup(code: i64, name: &'static str, meaning: &'static str) -> Entry {
    row(One(code), name, Misconfigured, NEVER, Scope::Sender, Nothing, meaning)
}

const fn unreachable(code: i64, name: &'static str, action: ShapingAction, meaning: &'static str) -> Entry {
    row(One(code), name, RecipientUnreachable, NEVER, Scope::Recipient, action, meaning)
}

const fn account(code: i64, name: &'static str, meaning: &'static str) -> Entry {
    row(One(code), name, AccountBlocked, RetryAdvice::WhenLifted, Scope::Account, PauseAccount, meaning)
}

/// Sorted by code.
pub static SMS_HTTP: &[Entry] = &[
    account(20_003, "sms_http_credentials", "The provider refused the account's credentials."),
    account(20_005, "sms_http_account_inactive", "The account at the provider is not active."),
    setup(20_404, "sms_http_not_found", "The provider does not know the account or the sender."),
    row(
        One(20_429),
        "sms_http_too_many",
        RateLimitAccount,
        PACED,
        Scope::Account,
        SlowAccount { factor_percent: 50 },
        "The provider asked for fewer calls; the message waits its turn.",
    ),
    unreachable(
        21_211,
        "sms_http_recipient_invalid",
        RememberInvalid,
        "The provider does not take the recipient's number.",
    ),
    setup(21_212, "sms_http_sender_invalid", "The provider does not take the sender's number."),
    unreachable(
        21_217,
        "sms_http_recipient_form",
        RememberInvalid,
        "The provider says that the recipient's number is no number.",
    ),
    setup(
        21_408,
        "sms_http_region",
        "The account may not send to the recipient's country; allow it at the provider.",
    ),
    row(
        One(21_602),
        "sms_http_body_missing",
        InvalidPayload,
        NEVER,
        Scope::Message,
        Nothing,
        "The provider says that the message has no text.",
    ),
    setup(
        21_606,
        "sms_http_sender_not_owned",
        "The sender's number is not one of the account that can send SMS.",
    ),
    row(
        One(21_610),
        "sms_http_opted_out",
        RecipientOptedOut,
        NEVER,
        Scope::Recipient,
        SuppressMarketing,
        "The recipient opted out at the provider.",
    ),
    row(
        One(21_611),
        "sms_http_queue_full",
        RateLimitSender,
        PACED,
        Scope::Sender,
        SlowSender { factor_percent: 50 },
        "The sender's queue at the provider is full; the message waits its turn.",
    ),
    unreachable(21_612, "sms_http_no_route", Nothing, "There is no way from this sender to this recipient."),
    unreachable(
        21_614,
        "sms_http_not_mobile",
        RememberInvalid,
        "The recipient's number is not one of a mobile phone.",
    ),
    row(
        One(21_617),
        "sms_http_too_long",
        InvalidPayload,
        NEVER,
        Scope::Message,
        Nothing,
        "The message is longer than the provider carries.",
    ),
    row(
        One(30_001),
        "sms_http_queue_overflow",
        RateLimitSender,
        PACED,
        Scope::Sender,
        SlowSender { factor_percent: 50 },
        "The provider's queue overflowed; the message was not sent.",
    ),
    account(30_002, "sms_http_suspended", "The account at the provider was suspended."),
    unreachable(30_003, "sms_http_unreachable", Nothing, "The recipient's phone cannot be reached."),
    unreachable(
        30_004,
        "sms_http_blocked",
        Nothing,
        "The recipient or the carrier blocks messages of this sender.",
    ),
    unreachable(
        30_005,
        "sms_http_unknown_number",
        RememberInvalid,
        "The recipient's number is unknown to the network.",
    ),
    unreachable(
        30_006,
        "sms_http_landline",
        RememberInvalid,
        "The recipient's number is a landline or a carrier that cannot be reached.",
    ),
    row(
        One(30_007),
        "sms_http_filtered",
        Policy,
        NEVER,
        Scope::Message,
        Nothing,
        "The provider or the carrier filtered the message.",
    ),
    row(
        One(30_008),
        "sms_http_unknown",
        Unknown,
        NEVER,
        Scope::Message,
        Nothing,
        "The network failed without a reason.",
    ),
    row(
        Range(30_009, 30_010),
        "sms_http_incomplete",
        Transient,
        SOON,
        Scope::Message,
        Nothing,
        "A part of the message was lost or costs more than allowed.",
    ),
    setup(30_034, "sms_http_unregistered", "The sender is not registered for this kind of traffic."),
    row(
        One(30_610),
        "sms_http_quiet_hours",
        Policy,
        NEVER,
        Scope::Recipient,
        Nothing,
        "The provider keeps the recipient's quiet hours.",
    ),
];

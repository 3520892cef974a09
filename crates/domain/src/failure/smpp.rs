//! What an SMSC answers: the `command_status` of an answer, and what a delivery receipt says, as one number each.
//!
//! A status stands as it is. A receipt's end stands above [`RECEIPT`], by its `message_state`.

use super::entry::Codes::{One, Range};
use super::entry::FailureClass::{
    AccountBlocked, InvalidPayload, Misconfigured, Policy, RateLimitAccount, RecipientUnreachable, Transient,
    Unknown,
};
use super::entry::ShapingAction::{None as Nothing, PauseAccount, SlowAccount};
use super::entry::{Codes, Entry, FailureClass, RetryAdvice, Scope, ShapingAction};

/// Where the ends that receipts tell of begin.
pub const RECEIPT: i64 = 1_000_000;
/// A short rest of the SMSC.
const SOON: RetryAdvice = RetryAdvice::Backoff { base_ms: 1_000, cap_ms: 60_000, attempts_max: 8 };
/// The rate adjusts itself within seconds.
const PACED: RetryAdvice = RetryAdvice::Backoff { base_ms: 1_000, cap_ms: 30_000, attempts_max: 100 };
const ONCE: RetryAdvice = RetryAdvice::Backoff { base_ms: 5_000, cap_ms: 5_000, attempts_max: 2 };
const NEVER: RetryAdvice = RetryAdvice::Never;

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

/// Something about this message or about our side that trying again does not mend.
const fn wrong(code: i64, name: &'static str, meaning: &'static str) -> Entry {
    row(One(code), name, InvalidPayload, NEVER, Scope::Message, Nothing, meaning)
}

/// Something about how the account is set up.
const fn setup(code: i64, name: &'static str, meaning: &'static str) -> Entry {
    row(One(code), name, Misconfigured, NEVER, Scope::Sender, Nothing, meaning)
}

/// The bind was refused: a person must act.
const fn blocked(code: i64, name: &'static str, meaning: &'static str) -> Entry {
    row(One(code), name, AccountBlocked, RetryAdvice::WhenLifted, Scope::Account, PauseAccount, meaning)
}

const fn passing(code: i64, name: &'static str, meaning: &'static str) -> Entry {
    row(One(code), name, Transient, SOON, Scope::Account, Nothing, meaning)
}

/// What a receipt says of the end.
const fn ended(state: i64, name: &'static str, class: FailureClass, meaning: &'static str) -> Entry {
    row(One(RECEIPT + state), name, class, NEVER, Scope::Recipient, Nothing, meaning)
}

/// Sorted by code.
pub static SMPP: &[Entry] = &[
    wrong(0x01, "smpp_message_length", "The SMSC says that the length of the message is wrong."),
    wrong(0x02, "smpp_command_length", "The SMSC could not read the length of the request."),
    wrong(0x03, "smpp_command_id", "The SMSC does not know the request."),
    passing(0x04, "smpp_bind_state", "The bind does not allow sending at the moment; it is made anew."),
    passing(0x05, "smpp_already_bound", "The SMSC holds an older bind of this account; it is made anew."),
    wrong(0x06, "smpp_priority", "The SMSC refuses the priority."),
    wrong(
        0x07,
        "smpp_registered_delivery",
        "The SMSC refuses to give receipts in the way that was asked for.",
    ),
    passing(0x08, "smpp_system_error", "The SMSC has a trouble of its own."),
    setup(
        0x0A,
        "smpp_source_address",
        "The SMSC refuses the sender's address; see that it is registered with the carrier.",
    ),
    row(
        One(0x0B),
        "smpp_destination_address",
        RecipientUnreachable,
        NEVER,
        Scope::Recipient,
        ShapingAction::RememberInvalid,
        "The SMSC does not take the recipient's number.",
    ),
    blocked(0x0D, "smpp_bind_failed", "The SMSC refused the bind."),
    blocked(0x0E, "smpp_password", "The SMSC refused the password."),
    blocked(0x0F, "smpp_system_id", "The SMSC does not know the system id."),
    row(
        One(0x14),
        "smpp_queue_full",
        RateLimitAccount,
        PACED,
        Scope::Account,
        SlowAccount { factor_percent: 50 },
        "The SMSC's queue is full; the message waits its turn.",
    ),
    setup(0x15, "smpp_service_type", "The SMSC refuses the service type."),
    wrong(
        0x43,
        "smpp_esm_class",
        "The SMSC refuses the form of the message; try the other setting of `long_messages`.",
    ),
    row(
        One(0x45),
        "smpp_submit_failed",
        Transient,
        RetryAdvice::Backoff { base_ms: 2_000, cap_ms: 30_000, attempts_max: 3 },
        Scope::Message,
        Nothing,
        "The SMSC could not take the message and does not say why.",
    ),
    setup(0x48, "smpp_source_ton", "The SMSC refuses the kind of number of the sender."),
    setup(0x49, "smpp_source_npi", "The SMSC refuses the numbering plan of the sender."),
    wrong(0x50, "smpp_destination_ton", "The SMSC refuses the kind of number of the recipient."),
    wrong(0x51, "smpp_destination_npi", "The SMSC refuses the numbering plan of the recipient."),
    setup(0x53, "smpp_system_type", "The SMSC refuses the system type."),
    row(
        One(0x58),
        "smpp_throttled",
        RateLimitAccount,
        PACED,
        Scope::Account,
        SlowAccount { factor_percent: 50 },
        "The SMSC asked for fewer messages a second; the message waits its turn.",
    ),
    wrong(0x61, "smpp_schedule", "The SMSC refuses the time of delivery."),
    wrong(0x62, "smpp_expiry", "The SMSC refuses the time of expiry."),
    passing(0x64, "smpp_temporary", "The SMSC refuses the message for now."),
    row(
        Range(0x65, 0x66),
        "smpp_rejected",
        Policy,
        NEVER,
        Scope::Message,
        Nothing,
        "The SMSC refuses the message for good.",
    ),
    row(
        Range(0xC0, 0xC4),
        "smpp_parameter",
        InvalidPayload,
        NEVER,
        Scope::Message,
        Nothing,
        "The SMSC refuses a parameter of the message.",
    ),
    row(
        One(0xFE),
        "smpp_delivery_failure",
        RecipientUnreachable,
        NEVER,
        Scope::Recipient,
        Nothing,
        "The SMSC could not deliver the message.",
    ),
    row(
        One(0xFF),
        "smpp_unknown_error",
        Unknown,
        ONCE,
        Scope::Message,
        Nothing,
        "The SMSC failed without a reason.",
    ),
    row(
        Range(0x400, 0x4FF),
        "smpp_vendor",
        Unknown,
        ONCE,
        Scope::Message,
        Nothing,
        "The SMSC gave a code of its vendor's own; its documentation says what it means.",
    ),
    ended(RECEIPT_EXPIRED, "sms_expired", RecipientUnreachable, "The phone could not be reached in time."),
    ended(RECEIPT_DELETED, "sms_deleted", Unknown, "The message was deleted on its way."),
    ended(
        RECEIPT_UNDELIVERABLE,
        "sms_undeliverable",
        RecipientUnreachable,
        "The network could not deliver the message.",
    ),
    ended(RECEIPT_REJECTED, "sms_rejected", Policy, "The network refused to deliver the message."),
    ended(RECEIPT_SKIPPED, "sms_skipped", Unknown, "The message was skipped on its way."),
];

const RECEIPT_EXPIRED: i64 = 3;
const RECEIPT_DELETED: i64 = 4;
const RECEIPT_UNDELIVERABLE: i64 = 5;
const RECEIPT_REJECTED: i64 = 8;
const RECEIPT_SKIPPED: i64 = 9;

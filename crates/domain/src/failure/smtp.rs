//! What mail servers answer: reply codes, and the enhanced status codes that say more.
//!
//! An enhanced code stands as one number, `5.1.1` as 5 001 001; a bare reply as itself; below 100 stand our own.
//! Each failed mail names the most telling one. Whether a refusal is definite is known from where in the dialogue
//! it came, not from its code.

use super::entry::Codes::{One, Range};
use super::entry::{Codes, Entry, FailureClass, RetryAdvice, Scope, ShapingAction};
use FailureClass::{
    AccountBlocked, InvalidPayload, Misconfigured, Policy, RateLimitSender, RecipientOptedOut,
    RecipientUnreachable, Transient, Unknown,
};
use RetryAdvice::Never;
use ShapingAction::{
    HoldAccount, None as Nothing, PauseAccount, RememberInvalid, SlowAccount, SlowSender, SuppressMarketing,
};

/// The recipient called a mail unwanted.
pub const COMPLAINT: i64 = 1;
/// The server turned the connection away before anything was said.
pub const GREETING_REFUSED: i64 = 10;
/// The server refused the user name or the password.
pub const LOGIN_REFUSED: i64 = 11;
/// The server refuses mails from this sender's address.
pub const SENDER_REFUSED: i64 = 12;
/// The connection could not be encrypted.
pub const NOT_ENCRYPTED: i64 = 13;
/// The mail could not be written: an address or a key does not fit.
pub const UNWRITABLE: i64 = 14;

/// Greylisting lets a mail through after some minutes; a full queue takes hours.
const LATER: RetryAdvice = RetryAdvice::Backoff { base_ms: 30_000, cap_ms: 1_800_000, attempts_max: 40 };
/// Mailboxes are emptied by people.
const MUCH_LATER: RetryAdvice =
    RetryAdvice::Backoff { base_ms: 600_000, cap_ms: 14_400_000, attempts_max: 20 };
/// Troubles of the server itself.
const SOON: RetryAdvice = RetryAdvice::Backoff { base_ms: 5_000, cap_ms: 600_000, attempts_max: 40 };

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

const fn gone(codes: Codes, name: &'static str, meaning: &'static str) -> Entry {
    row(codes, name, RecipientUnreachable, Never, Scope::Recipient, RememberInvalid, meaning)
}

const fn unreached(codes: Codes, name: &'static str, meaning: &'static str) -> Entry {
    row(codes, name, RecipientUnreachable, Never, Scope::Recipient, Nothing, meaning)
}

const fn later(
    codes: Codes,
    name: &'static str,
    retry: RetryAdvice,
    scope: Scope,
    meaning: &'static str,
) -> Entry {
    row(codes, name, Transient, retry, scope, Nothing, meaning)
}

const fn payload(codes: Codes, name: &'static str, meaning: &'static str) -> Entry {
    row(codes, name, InvalidPayload, Never, Scope::Message, Nothing, meaning)
}

const fn policy(codes: Codes, name: &'static str, meaning: &'static str) -> Entry {
    row(codes, name, Policy, Never, Scope::Sender, Nothing, meaning)
}

const fn login(codes: Codes, name: &'static str, meaning: &'static str) -> Entry {
    row(codes, name, AccountBlocked, RetryAdvice::WhenLifted, Scope::Account, PauseAccount, meaning)
}

/// Sorted by code, without overlaps.
pub static TABLE: &[Entry] = &[
    row(
        One(COMPLAINT),
        "smtp_complaint",
        RecipientOptedOut,
        Never,
        Scope::Recipient,
        SuppressMarketing,
        "The recipient marked a mail as unwanted; it counts as an opt-out.",
    ),
    row(
        One(GREETING_REFUSED),
        "smtp_greeting_refused",
        Misconfigured,
        SOON,
        Scope::Account,
        HoldAccount { seconds: 300 },
        "The mail server turned the connection away; check whether it accepts mail from this machine.",
    ),
    login(
        One(LOGIN_REFUSED),
        "smtp_login_refused",
        "The mail server refused the user name or the password; give the account the right ones and lift the pause.",
    ),
    row(
        One(SENDER_REFUSED),
        "smtp_sender_refused",
        Misconfigured,
        Never,
        Scope::Sender,
        Nothing,
        "The mail server takes no mail from this sender's address for this login.",
    ),
    row(
        One(NOT_ENCRYPTED),
        "smtp_not_encrypted",
        Misconfigured,
        SOON,
        Scope::Account,
        HoldAccount { seconds: 60 },
        "The connection to the mail server could not be encrypted; check the host name, the certificate and the setting `tls`.",
    ),
    payload(
        One(UNWRITABLE),
        "smtp_unwritable",
        "The mail could not be written: an address, a name or the DKIM key does not fit.",
    ),
    row(
        One(421),
        "smtp_server_closing",
        Transient,
        SOON,
        Scope::Account,
        SlowAccount { factor_percent: 50 },
        "The mail server is busy or shutting down; the mail is tried again.",
    ),
    later(
        One(450),
        "smtp_mailbox_busy",
        LATER,
        Scope::Recipient,
        "The mailbox is not available for now, or the server asks unknown senders to come back.",
    ),
    later(
        One(451),
        "smtp_server_trouble",
        LATER,
        Scope::Recipient,
        "The mail server had a trouble of its own; the mail is tried again.",
    ),
    row(
        One(452),
        "smtp_server_full",
        Transient,
        LATER,
        Scope::Account,
        SlowAccount { factor_percent: 50 },
        "The mail server has no room for now; the mail is tried again.",
    ),
    later(
        One(454),
        "smtp_login_trouble",
        SOON,
        Scope::Account,
        "The mail server could not check the login for now.",
    ),
    payload(
        Range(500, 504),
        "smtp_not_understood",
        "The mail server did not understand what was asked of it.",
    ),
    login(
        One(530),
        "smtp_login_needed",
        "The mail server wants a login or an encrypted connection; give the account a user name and password, and check `tls`.",
    ),
    login(Range(534, 535), "smtp_login_rejected", "The mail server refused the login."),
    login(One(538), "smtp_login_in_clear", "The mail server wants an encrypted connection for the login."),
    unreached(
        One(550),
        "smtp_mailbox_unavailable",
        "The mail was refused for this recipient: the mailbox is not available, or a policy stands against it.",
    ),
    unreached(One(551), "smtp_not_local", "The server does not take mail for this recipient."),
    unreached(
        One(552),
        "smtp_storage_exceeded",
        "The recipient's mailbox is full, or the mail is too large for it.",
    ),
    gone(One(553), "smtp_mailbox_name_invalid", "The recipient's address is not one that this server has."),
    policy(
        One(554),
        "smtp_transaction_failed",
        "The mail server refused the mail, mostly because of its content or of the sender's reputation.",
    ),
    payload(One(555), "smtp_parameter_unknown", "The mail server does not know a parameter of the address."),
    later(
        Range(4_001_000, 4_001_999),
        "smtp_address_later",
        LATER,
        Scope::Recipient,
        "The recipient's address could not be checked for now.",
    ),
    later(
        One(4_002_002),
        "smtp_mailbox_full",
        MUCH_LATER,
        Scope::Recipient,
        "The recipient's mailbox is full; the mail is tried again.",
    ),
    later(
        Range(4_003_000, 4_003_999),
        "smtp_system_later",
        LATER,
        Scope::Account,
        "The receiving system does not take mail for now.",
    ),
    later(
        Range(4_004_000, 4_004_999),
        "smtp_network_later",
        LATER,
        Scope::Recipient,
        "The receiving server could not be reached for now.",
    ),
    later(
        Range(4_005_000, 4_006_999),
        "smtp_protocol_later",
        LATER,
        Scope::Recipient,
        "The receiving server could not go on for now.",
    ),
    row(
        One(4_007_028),
        "smtp_unusual_rate",
        RateLimitSender,
        LATER,
        Scope::Sender,
        SlowSender { factor_percent: 50 },
        "The receiving service limits the rate of mails from this sender; it goes on more slowly.",
    ),
    gone(One(5_001_000), "smtp_address_rejected", "The recipient's address was refused."),
    gone(One(5_001_001), "smtp_no_such_mailbox", "There is no mailbox of this name."),
    gone(One(5_001_002), "smtp_no_such_domain", "The domain of the recipient's address takes no mail."),
    gone(
        One(5_001_003),
        "smtp_address_malformed",
        "The receiving server cannot read the recipient's address.",
    ),
    unreached(
        One(5_001_004),
        "smtp_address_ambiguous",
        "The recipient's address stands for several mailboxes.",
    ),
    gone(One(5_001_006), "smtp_mailbox_moved", "The mailbox has moved and left no address."),
    row(
        Range(5_001_007, 5_001_008),
        "smtp_sender_address_invalid",
        Misconfigured,
        Never,
        Scope::Sender,
        Nothing,
        "The sender's address or its domain is not valid for the receiving server.",
    ),
    gone(One(5_001_010), "smtp_null_mx", "The domain of the recipient's address says that it takes no mail."),
    unreached(One(5_002_000), "smtp_mailbox_trouble", "The recipient's mailbox did not take the mail."),
    gone(One(5_002_001), "smtp_mailbox_disabled", "The recipient's mailbox is disabled."),
    unreached(One(5_002_002), "smtp_mailbox_stays_full", "The recipient's mailbox is full, and stayed so."),
    payload(
        One(5_002_003),
        "smtp_too_long_for_mailbox",
        "The mail is longer than the recipient's mailbox takes.",
    ),
    unreached(
        One(5_002_004),
        "smtp_list_trouble",
        "The mailing list behind the address did not take the mail.",
    ),
    payload(One(5_003_004), "smtp_too_big", "The mail is larger than the receiving system takes."),
    unreached(
        One(5_004_001),
        "smtp_no_answer",
        "The receiving server did not answer, and the mail was given up.",
    ),
    gone(One(5_004_004), "smtp_no_route", "There is no server that takes mail for the recipient's domain."),
    row(
        One(5_004_006),
        "smtp_mail_loop",
        Misconfigured,
        Never,
        Scope::Account,
        Nothing,
        "The mail went round in a circle between servers.",
    ),
    unreached(
        One(5_004_007),
        "smtp_expired_in_queue",
        "The mail waited too long at a server and was given up.",
    ),
    payload(
        Range(5_005_000, 5_005_999),
        "smtp_protocol_refused",
        "The receiving server did not understand what was asked of it.",
    ),
    payload(
        Range(5_006_000, 5_006_999),
        "smtp_content_refused",
        "The receiving server cannot take content of this form.",
    ),
    policy(
        Range(5_007_000, 5_007_007),
        "smtp_policy_refused",
        "A policy of the receiving server stands against the mail or its sender; the recipient is not to blame.",
    ),
    login(Range(5_007_008, 5_007_009), "smtp_credentials_invalid", "The mail server refused the login."),
    policy(One(5_007_010), "smtp_encryption_needed", "The receiving server wants an encrypted connection."),
    login(
        One(5_007_011),
        "smtp_encryption_for_login",
        "The mail server wants an encrypted connection for the login.",
    ),
    policy(
        Range(5_007_012, 5_007_019),
        "smtp_security_refused",
        "A security rule of the receiving server stands against the mail.",
    ),
    policy(
        Range(5_007_020, 5_007_022),
        "smtp_dkim_refused",
        "The DKIM signature is missing or not accepted; check the account's key and its record in the DNS.",
    ),
    policy(
        Range(5_007_023, 5_007_024),
        "smtp_spf_refused",
        "The sender's domain does not allow this server in its SPF record.",
    ),
    policy(
        One(5_007_025),
        "smtp_reverse_dns_refused",
        "The sending server's address has no proper name in the DNS.",
    ),
    policy(
        Range(5_007_026, 5_007_027),
        "smtp_authentication_refused",
        "The mail was not authenticated by SPF and DKIM as the sender's domain or the receiver demands.",
    ),
    row(
        One(5_007_028),
        "smtp_flood_refused",
        RateLimitSender,
        LATER,
        Scope::Sender,
        SlowSender { factor_percent: 25 },
        "The receiving service takes the rate for a flood; the sender goes on much more slowly.",
    ),
    policy(
        Range(5_007_029, 5_007_999),
        "smtp_policy_refused_otherwise",
        "A policy of the receiving server stands against the mail or its sender.",
    ),
];

/// The row of a code of the mail adapter.
pub fn smtp(code: i64) -> &'static Entry {
    match super::find(TABLE, code) {
        Some(entry) => entry,
        None if matches!(code, 400..500 | 4_000_000..5_000_000) => &LATER_OTHERWISE,
        None => &REFUSED_OTHERWISE,
    }
}

/// The most telling code of an answer: `5.7.26` of `550 5.7.26 …`, or else 550.
pub fn smtp_code(reply: u16, words: &str) -> i64 {
    let enhanced = words.split_whitespace().next().and_then(enhanced);
    match enhanced {
        // A code of another class than the reply is a mistake of the server; x.0.0 says nothing.
        Some((class, subject, detail)) if class == reply / 100 && (subject, detail) != (0, 0) => {
            number(class, subject, detail)
        }
        _ => i64::from(reply),
    }
}

/// The code of a status such as `5.1.1`, as reports carry it.
pub fn smtp_status(text: &str) -> Option<i64> {
    enhanced(text.trim()).map(|(class, subject, detail)| match (class, subject, detail) {
        (5, 0, 0) => 550,
        (4, 0, 0) => 450,
        _ => number(class, subject, detail),
    })
}

fn number(class: u16, subject: u16, detail: u16) -> i64 {
    i64::from(class) * 1_000_000 + i64::from(subject) * 1_000 + i64::from(detail)
}

fn enhanced(text: &str) -> Option<(u16, u16, u16)> {
    let mut parts = text.split('.').map(|part| {
        let digits = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u16>().ok().filter(|_| digits)
    });
    let (class, subject, detail) = (parts.next()??, parts.next()??, parts.next()??);
    (parts.next().is_none() && matches!(class, 2 | 4 | 5)).then_some((class, subject, detail))
}

static LATER_OTHERWISE: Entry = Entry {
    codes: One(400),
    name: "smtp_temporary",
    meaning: "The mail server did not take the mail for now; it is tried again.",
    class: Transient,
    retry: LATER,
    scope: Scope::Recipient,
    action: Nothing,
    definite: true,
};

static REFUSED_OTHERWISE: Entry = Entry {
    codes: One(-1),
    name: "smtp_refused",
    meaning: "The mail server refused the mail with a code that Tidings does not know.",
    class: Unknown,
    retry: Never,
    scope: Scope::Message,
    action: Nothing,
    definite: true,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_without_overlaps_and_says_something() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].codes.last() < pair[1].codes.first(), "{:?}", pair[1].codes);
        }
        let mut names: Vec<_> = TABLE.iter().map(|entry| entry.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len());
        assert!(TABLE.iter().all(|entry| entry.definite && entry.meaning.ends_with('.')));
    }

    #[test]
    fn the_most_telling_code_is_taken() {
        for (reply, words, want) in [
            (550, "5.1.1 no such user", 5_001_001),
            (550, "no such user", 550),
            (550, "5.0.0 no", 550),
            (550, "4.2.2 odd", 550),
            (451, "4.7.28 slow down", 4_007_028),
            (550, "5.7.26", 5_007_026),
            (550, "5.1", 550),
            (550, "5.1.1.1", 550),
            (550, "5.1.1234", 550),
        ] {
            assert_eq!(smtp_code(reply, words), want, "{reply} {words}");
        }
        assert_eq!(smtp_status(" 5.2.1 "), Some(5_002_001));
        assert_eq!(
            (smtp_status("5.0.0"), smtp_status("4.0.0"), smtp_status("x")),
            (Some(550), Some(450), None)
        );
    }

    #[test]
    fn what_is_done_about_answers() {
        for (code, class, retried, remembered) in [
            (5_001_001, "recipient_unreachable", false, true),
            (5_001_002, "recipient_unreachable", false, true),
            (5_002_001, "recipient_unreachable", false, true),
            (5_002_002, "recipient_unreachable", false, false),
            (4_002_002, "transient", true, false),
            (4_009_009, "transient", true, false),
            (499, "transient", true, false),
            (5_007_001, "policy", false, false),
            (5_007_026, "policy", false, false),
            (550, "recipient_unreachable", false, false),
            (535, "account_blocked", true, false),
            (LOGIN_REFUSED, "account_blocked", true, false),
            (COMPLAINT, "recipient_opted_out", false, false),
            (5_009_009, "unknown", false, false),
            (599, "unknown", false, false),
        ] {
            let entry = smtp(code);
            assert_eq!(entry.class.as_str(), class, "{code}");
            assert_eq!(entry.retry != RetryAdvice::Never, retried, "{code}");
            assert_eq!(entry.action == RememberInvalid, remembered, "{code}");
        }
    }
}

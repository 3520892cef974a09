//! The Cloud API's codes, in order.

use super::entry::FailureClass::{
    AccountBlocked, InvalidPayload, Misconfigured, Policy, RateLimitAccount, RateLimitPair, RateLimitSender,
    RecipientCoolDown, RecipientOptedOut, RecipientUnreachable, SenderBlocked, TemplateInvalid,
    TemplatePaused, Transient, WindowClosed,
};
use super::entry::ShapingAction::{
    HoldAccount, HoldRecipient, HoldSender, HoldTemplate, None as Nothing, PauseAccount, PauseSender,
    RememberInvalid, SlowAccount, SlowSender, SuppressMarketing,
};
use super::entry::{Codes, Entry, FailureClass, RetryAdvice, Scope, ShapingAction};

const MINUTE: u32 = 60;
const HOUR: u32 = 3_600;
const DAY: u32 = 86_400;

/// The platform's own trouble: a few attempts, seconds to a minute apart.
const FEW: RetryAdvice = RetryAdvice::Backoff { base_ms: 1_000, cap_ms: 60_000, attempts_max: 5 };
/// A pace that adjusts itself within seconds.
const PACED: RetryAdvice = RetryAdvice::Backoff { base_ms: 1_000, cap_ms: 60_000, attempts_max: 20 };
/// A limit over an hour's window.
const HOURLY: RetryAdvice = RetryAdvice::Backoff { base_ms: 30_000, cap_ms: 900_000, attempts_max: 10 };
const NEVER: RetryAdvice = RetryAdvice::Never;
const WHEN_LIFTED: RetryAdvice = RetryAdvice::WhenLifted;

const fn after(seconds: u32) -> RetryAdvice {
    RetryAdvice::After { seconds }
}

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

/// A code after which the message may have been taken all the same.
const fn doubt(code: i64, name: &'static str, meaning: &'static str) -> Entry {
    Entry {
        codes: Codes::One(code),
        name,
        meaning,
        class: Transient,
        retry: FEW,
        scope: Scope::Account,
        action: Nothing,
        definite: false,
    }
}

/// Stops the account until a person acts.
const fn account(codes: Codes, name: &'static str, meaning: &'static str) -> Entry {
    row(codes, name, AccountBlocked, WHEN_LIFTED, Scope::Account, PauseAccount, meaning)
}

/// Stops the sender until a person acts.
const fn sender(codes: Codes, name: &'static str, meaning: &'static str) -> Entry {
    row(codes, name, SenderBlocked, WHEN_LIFTED, Scope::Sender, PauseSender, meaning)
}

/// The message itself is wrong.
const fn payload(codes: Codes, name: &'static str, meaning: &'static str) -> Entry {
    row(codes, name, InvalidPayload, NEVER, Scope::Message, Nothing, meaning)
}

/// The set-up around the message is wrong.
const fn setup(codes: Codes, name: &'static str, scope: Scope, meaning: &'static str) -> Entry {
    row(codes, name, Misconfigured, NEVER, scope, Nothing, meaning)
}

/// The template is gone or was never there.
const fn template(codes: Codes, name: &'static str, meaning: &'static str) -> Entry {
    row(codes, name, TemplateInvalid, NEVER, Scope::Template, Nothing, meaning)
}

use Codes::{One, Range};

/// Sorted by code, without overlaps.
pub static TABLE: &[Entry] = &[
    account(
        One(0),
        "auth_failed",
        "The access token is missing, invalid or expired; give the account a new one.",
    ),
    doubt(
        1,
        "unknown_error",
        "The platform failed for a reason it does not know; the message may have been taken.",
    ),
    doubt(2, "service_down", "The platform is down or overloaded; the message may have been taken."),
    account(
        One(3),
        "capability_missing",
        "The app lacks a capability it needs to send; correct the app's permissions.",
    ),
    row(
        One(4),
        "app_rate_limit",
        RateLimitAccount,
        HOURLY,
        Scope::Account,
        SlowAccount { factor_percent: 50 },
        "The app made too many calls within the hour; calls slow down.",
    ),
    account(One(10), "permission_denied", "The permission to send was not granted or was taken away."),
    row(
        One(17),
        "user_rate_limit",
        RateLimitAccount,
        HOURLY,
        Scope::Account,
        SlowAccount { factor_percent: 50 },
        "Too many calls for this user within the hour; calls slow down.",
    ),
    sender(One(33), "sender_unknown", "The sender's number was deleted or its id is wrong."),
    payload(One(100), "invalid_parameter", "A parameter is invalid; the platform's details name it."),
    account(
        One(102),
        "session_invalid",
        "The session of the access token is not valid any more; give the account a new token.",
    ),
    account(One(104), "token_missing", "The call carried no access token."),
    account(
        One(190),
        "token_expired",
        "The access token expired or was revoked; give the account a new one.",
    ),
    account(
        Range(200, 299),
        "permission_missing",
        "The token lacks a permission or access to the account's assets.",
    ),
    row(
        One(341),
        "application_limit",
        RateLimitAccount,
        HOURLY,
        Scope::Account,
        SlowAccount { factor_percent: 50 },
        "The app reached a limit of the platform; calls slow down.",
    ),
    account(One(368), "policy_blocked", "The account is restricted for a policy violation."),
    payload(One(506), "duplicate_post", "The platform took this for a repetition of the call before."),
    row(
        One(613),
        "custom_rate_limit",
        RateLimitAccount,
        HOURLY,
        Scope::Account,
        SlowAccount { factor_percent: 50 },
        "Too many calls of this kind; calls slow down.",
    ),
    setup(One(803), "object_not_found", Scope::Sender, "An id in the call names nothing that exists."),
    row(
        One(80_007),
        "account_rate_limit",
        RateLimitAccount,
        HOURLY,
        Scope::Account,
        SlowAccount { factor_percent: 50 },
        "The account made too many calls within the hour; calls slow down.",
    ),
    row(
        One(80_008),
        "account_call_limit",
        RateLimitAccount,
        HOURLY,
        Scope::Account,
        SlowAccount { factor_percent: 50 },
        "The account made too many management calls within the hour; calls slow down.",
    ),
    row(
        One(130_403),
        "recipient_blocked_by_us",
        Policy,
        NEVER,
        Scope::Recipient,
        Nothing,
        "The business has blocked this person; unblock them first.",
    ),
    row(
        One(130_429),
        "throughput_reached",
        RateLimitSender,
        PACED,
        Scope::Sender,
        SlowSender { factor_percent: 50 },
        "The sender reached its throughput; it goes on more slowly.",
    ),
    row(
        One(130_472),
        "marketing_experiment",
        RecipientCoolDown,
        NEVER,
        Scope::Recipient,
        HoldRecipient { seconds: DAY },
        "The platform keeps marketing from this person for an experiment; use another channel.",
    ),
    row(
        One(130_497),
        "country_restricted",
        Policy,
        NEVER,
        Scope::Recipient,
        Nothing,
        "The account may not send messages to this country.",
    ),
    doubt(
        131_000,
        "something_went_wrong",
        "The platform failed without a reason; the message may have been taken.",
    ),
    setup(
        One(131_001),
        "message_too_long",
        Scope::Message,
        "The message is too long or not formed as expected (older code).",
    ),
    setup(
        One(131_002),
        "recipient_type_invalid",
        Scope::Message,
        "The kind of recipient is not valid (older code).",
    ),
    account(
        One(131_005),
        "access_denied",
        "The token has no access to this sender; correct its permissions.",
    ),
    setup(
        One(131_006),
        "resource_not_found",
        Scope::Message,
        "Something the message refers to was not found (older code).",
    ),
    payload(One(131_008), "parameter_missing", "A required parameter is missing."),
    payload(One(131_009), "parameter_value_invalid", "The value of a parameter is not valid."),
    payload(One(131_014), "request_too_large", "The request is larger than the platform takes (older code)."),
    doubt(
        131_016,
        "service_unavailable",
        "A service of the platform is not available; the message may have been taken.",
    ),
    payload(One(131_021), "recipient_is_sender", "Sender and recipient are the same number."),
    row(
        One(131_026),
        "undeliverable",
        RecipientUnreachable,
        NEVER,
        Scope::Recipient,
        RememberInvalid,
        "The message cannot be delivered: the number has no WhatsApp, has not accepted the terms, \
         or uses a version that is too old.",
    ),
    setup(
        One(131_030),
        "recipient_not_allowed",
        Scope::Recipient,
        "A test number sends only to recipients on its list; add this one or use a real number.",
    ),
    account(
        One(131_031),
        "account_locked",
        "The account is locked or its data does not match; a person has to clear this with the platform.",
    ),
    row(
        One(131_037),
        "display_name_pending",
        SenderBlocked,
        WHEN_LIFTED,
        Scope::Sender,
        PauseSender,
        "The sender's display name must be approved before it can send.",
    ),
    account(One(131_042), "payment_problem", "The account's payment method is missing or was refused."),
    row(
        One(131_043),
        "expired",
        Policy,
        NEVER,
        Scope::Message,
        Nothing,
        "The message expired at the platform before it was delivered (older code).",
    ),
    sender(
        One(131_045),
        "sender_certificate",
        "The sender's registration is not complete; register the number again.",
    ),
    row(
        One(131_047),
        "window_closed",
        WindowClosed,
        NEVER,
        Scope::Recipient,
        Nothing,
        "More than 24 hours passed since the person last wrote; send a template.",
    ),
    row(
        One(131_048),
        "spam_restricted",
        SenderBlocked,
        WHEN_LIFTED,
        Scope::Sender,
        PauseSender,
        "The sender is restricted because too many people blocked or reported it.",
    ),
    row(
        One(131_049),
        "marketing_capped",
        RecipientCoolDown,
        after(DAY),
        Scope::Recipient,
        HoldRecipient { seconds: DAY },
        "The platform limits marketing to this person for now; do not try again within a day.",
    ),
    row(
        One(131_050),
        "marketing_stopped",
        RecipientOptedOut,
        NEVER,
        Scope::Recipient,
        SuppressMarketing,
        "This person stopped marketing messages from the business.",
    ),
    payload(One(131_051), "unsupported_type", "The platform does not support this type of message."),
    payload(
        One(131_052),
        "media_download_failed",
        "A file that a person sent could not be downloaded; ask them to send it again.",
    ),
    payload(
        One(131_053),
        "media_upload_failed",
        "The media of the message could not be fetched or is of a wrong type or size.",
    ),
    setup(
        One(131_055),
        "method_not_allowed",
        Scope::Message,
        "This door of the platform takes only marketing templates.",
    ),
    row(
        One(131_056),
        "pair_rate_limit",
        RateLimitPair,
        RetryAdvice::PairBackoff,
        Scope::Recipient,
        HoldRecipient { seconds: 6 },
        "Too many messages to this person in a short time; they wait.",
    ),
    row(
        One(131_057),
        "maintenance",
        RateLimitSender,
        PACED,
        Scope::Sender,
        HoldSender { seconds: MINUTE },
        "The sender is in maintenance, for instance while its throughput is raised; it goes on in a minute.",
    ),
    setup(
        One(131_061),
        "max_price_door",
        Scope::Template,
        "A template with a maximum price can only be sent through the marketing door.",
    ),
    payload(
        One(131_062),
        "user_id_not_allowed",
        "This message cannot be sent to a user id; use the phone number.",
    ),
    setup(
        One(131_063),
        "marketing_door_required",
        Scope::Account,
        "The account has switched off marketing messages through this door.",
    ),
    row(
        One(131_064),
        "misclassified_templates",
        AccountBlocked,
        WHEN_LIFTED,
        Scope::Account,
        HoldAccount { seconds: DAY },
        "The account is limited because templates were in the wrong category; it ends by itself.",
    ),
    setup(
        One(131_065),
        "max_price_country",
        Scope::Template,
        "A maximum price is not available in this country.",
    ),
    row(
        One(131_070),
        "thread_owned_elsewhere",
        Policy,
        NEVER,
        Scope::Recipient,
        Nothing,
        "Another responder holds this conversation; send a template or wait for it.",
    ),
    payload(
        One(132_000),
        "parameter_count",
        "The number of template parameters does not match the template.",
    ),
    template(
        One(132_001),
        "template_missing",
        "The template does not exist in this language or is not approved.",
    ),
    payload(One(132_005), "hydrated_too_long", "The template's text with its parameters is too long."),
    template(One(132_007), "template_policy", "The template's content violates a policy."),
    payload(
        One(132_012),
        "parameter_format",
        "A template parameter has the wrong form: its type, line breaks, tabs or many blanks.",
    ),
    row(
        One(132_015),
        "template_paused",
        TemplatePaused,
        WHEN_LIFTED,
        Scope::Template,
        HoldTemplate { seconds: 3 * HOUR },
        "The template is paused for its quality.",
    ),
    template(One(132_016), "template_disabled", "The template was disabled for good; make a new one."),
    payload(One(132_018), "template_validation", "The template's parameters did not pass validation."),
    template(One(132_068), "flow_blocked", "The flow of the template is blocked."),
    row(
        One(132_069),
        "flow_throttled",
        TemplatePaused,
        after(HOUR),
        Scope::Template,
        HoldTemplate { seconds: HOUR },
        "The flow of the template is throttled to ten messages an hour.",
    ),
    sender(
        One(133_000),
        "deregistration_incomplete",
        "An earlier deregistration is not complete; deregister the number again.",
    ),
    sender(Range(133_001, 133_003), "registration_failed", "The number's registration failed (older codes)."),
    doubt(
        133_004,
        "server_unavailable",
        "The platform's server is not available for now; the message may have been taken.",
    ),
    sender(One(133_005), "pin_wrong", "The two-step PIN does not match."),
    sender(One(133_006), "number_unverified", "The number must be verified before it is registered."),
    sender(One(133_007), "registration_older", "The number's registration failed (older code)."),
    sender(
        One(133_008),
        "pin_guessed_often",
        "The two-step PIN was wrong too often; wait as the details say.",
    ),
    sender(One(133_009), "pin_guessed_fast", "The two-step PIN was tried too fast; wait as the details say."),
    sender(One(133_010), "number_unregistered", "The number is not registered with the platform."),
    row(
        One(133_015),
        "number_deleted",
        SenderBlocked,
        after(5 * MINUTE),
        Scope::Sender,
        HoldSender { seconds: 5 * MINUTE },
        "The number was deleted a moment ago; wait five minutes.",
    ),
    row(
        One(133_016),
        "registration_limit",
        SenderBlocked,
        WHEN_LIFTED,
        Scope::Sender,
        HoldSender { seconds: 72 * HOUR },
        "The number was registered too often; it is locked for 72 hours.",
    ),
    setup(
        One(134_011),
        "payment_terms",
        Scope::Account,
        "The terms of payments on the platform must be accepted first.",
    ),
    setup(
        One(134_100),
        "marketing_only",
        Scope::Message,
        "This door of the platform takes only marketing templates.",
    ),
    row(
        One(134_101),
        "template_syncing",
        TemplatePaused,
        after(10 * MINUTE),
        Scope::Template,
        HoldTemplate { seconds: 10 * MINUTE },
        "The template is still being prepared for the marketing door; wait ten minutes.",
    ),
    template(One(134_102), "template_unavailable", "The template cannot be used through the marketing door."),
    payload(One(135_000), "generic_user_error", "The platform refused the parameters without naming one."),
    setup(
        Range(136_024, 136_025),
        "verification_code",
        Scope::Sender,
        "Asking for or checking the verification code failed; the details say why.",
    ),
    row(
        One(137_000),
        "identity_mismatch",
        Policy,
        NEVER,
        Scope::Recipient,
        Nothing,
        "The person's identity changed; verify who they are before sending again.",
    ),
    setup(
        Range(138_000, 138_999),
        "calling",
        Scope::Sender,
        "A calling feature refused; messages are not affected.",
    ),
    setup(
        Range(139_100, 139_103),
        "block_list",
        Scope::Recipient,
        "The list of blocked people could not be changed for some numbers.",
    ),
    setup(
        Range(147_001, 147_005),
        "business_username",
        Scope::Sender,
        "The business username could not be changed.",
    ),
    setup(
        Range(200_005, 200_007),
        "template_insights",
        Scope::Account,
        "Template insights are not available or not enabled.",
    ),
    setup(
        One(1_752_041),
        "marketing_onboarding_repeated",
        Scope::Account,
        "The account asked for marketing onboarding before.",
    ),
    setup(One(2_388_001), "migration", Scope::Sender, "The number's migration failed."),
    setup(
        One(2_388_012),
        "migration_state",
        Scope::Sender,
        "The number's migration is not possible in its state.",
    ),
    template(
        One(2_388_019),
        "template_count_limit",
        "The account has as many templates as it may; delete some or verify the business.",
    ),
    template(One(2_388_024), "template_exists", "A template of this name and language exists already."),
    row(
        One(2_388_039),
        "template_locked",
        TemplateInvalid,
        WHEN_LIFTED,
        Scope::Template,
        Nothing,
        "The template's state cannot change now; wait for its review.",
    ),
    template(One(2_388_040), "template_field_length", "A field of the template is too long."),
    template(One(2_388_047), "template_header_format", "The template's header is not formed as required."),
    template(One(2_388_072), "template_body_format", "The template's body is not formed as required."),
    template(One(2_388_073), "template_footer_format", "The template's footer is not formed as required."),
    setup(One(2_388_091), "migration_eligibility", Scope::Sender, "The number cannot be migrated."),
    setup(
        One(2_388_093),
        "migration_verification",
        Scope::Sender,
        "The number's migration needs verification.",
    ),
    setup(
        One(2_388_103),
        "migration_account",
        Scope::Sender,
        "The accounts do not allow the number's migration.",
    ),
    template(
        One(2_388_293),
        "template_too_many_variables",
        "The template has too many variables for its length.",
    ),
    template(
        One(2_388_299),
        "template_variable_position",
        "A variable stands at the start or the end of the template.",
    ),
    row(
        One(2_494_100),
        "migration_maintenance",
        Misconfigured,
        after(10 * MINUTE),
        Scope::Sender,
        HoldSender { seconds: 10 * MINUTE },
        "The number is in maintenance during a migration; wait some minutes.",
    ),
    setup(Range(2_494_164, 2_494_179), "signup", Scope::Account, "Signing up within the app failed."),
    setup(
        One(2_494_191),
        "thread_control",
        Scope::Sender,
        "Only the escalation partner may take a conversation over.",
    ),
    setup(
        One(2_593_079),
        "shared_account_model",
        Scope::Account,
        "The account uses a partner model that the platform gave up.",
    ),
    setup(
        One(2_593_085),
        "shared_account_state",
        Scope::Account,
        "The account uses a partner model that the platform gave up.",
    ),
    setup(
        One(2_593_107),
        "sync_repeated",
        Scope::Sender,
        "The number's data can be synchronised only once; onboard it again.",
    ),
    setup(
        One(2_593_108),
        "sync_late",
        Scope::Sender,
        "The number's data can be synchronised only within a day of onboarding; onboard it again.",
    ),
    setup(
        One(2_593_109),
        "history_declined",
        Scope::Sender,
        "The business declined to share its message history.",
    ),
];

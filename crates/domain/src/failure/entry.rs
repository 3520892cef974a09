//! The columns of the failure table.

/// The codes that one row speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes {
    One(i64),
    /// Both ends included.
    Range(i64, i64),
}

impl Codes {
    pub const fn first(self) -> i64 {
        match self {
            Self::One(code) | Self::Range(code, _) => code,
        }
    }
    pub const fn last(self) -> i64 {
        match self {
            Self::One(code) | Self::Range(_, code) => code,
        }
    }
    pub const fn contains(self, code: i64) -> bool {
        self.first() <= code && code <= self.last()
    }
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub codes: Codes,
    /// Stable for programs, such as `pair_rate_limit`.
    pub name: &'static str,
    /// A sentence for people; it may be shown to anyone.
    pub meaning: &'static str,
    pub class: FailureClass,
    pub retry: RetryAdvice,
    pub scope: Scope,
    pub action: ShapingAction,
    /// Whether the platform certainly did not take the message. Without that, an attempt is in doubt.
    pub definite: bool,
}

/// What kind of trouble it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureClass {
    /// Too fast for one sender.
    RateLimitSender,
    /// Too many messages to one recipient in a short time.
    RateLimitPair,
    /// Too many calls for the app or the account.
    RateLimitAccount,
    /// The platform's own trouble.
    Transient,
    /// Nothing of this account may be sent until a person acts.
    AccountBlocked,
    /// Nothing of this sender may be sent until something changes.
    SenderBlocked,
    TemplatePaused,
    /// The template does not exist, is not approved, or is disabled for good.
    TemplateInvalid,
    /// This person cannot be reached on this channel.
    RecipientUnreachable,
    RecipientOptedOut,
    /// The platform does not want this person to get more marketing for now.
    RecipientCoolDown,
    /// Free-form messages need an open customer service window.
    WindowClosed,
    /// This message can never be sent as it is.
    InvalidPayload,
    /// Something about the set-up must be corrected first.
    Misconfigured,
    /// The platform's policy or the recipient's identity forbids it.
    Policy,
    Unknown,
}

impl FailureClass {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RateLimitSender => "rate_limit_sender",
            Self::RateLimitPair => "rate_limit_pair",
            Self::RateLimitAccount => "rate_limit_account",
            Self::Transient => "transient",
            Self::AccountBlocked => "account_blocked",
            Self::SenderBlocked => "sender_blocked",
            Self::TemplatePaused => "template_paused",
            Self::TemplateInvalid => "template_invalid",
            Self::RecipientUnreachable => "recipient_unreachable",
            Self::RecipientOptedOut => "recipient_opted_out",
            Self::RecipientCoolDown => "recipient_cool_down",
            Self::WindowClosed => "window_closed",
            Self::InvalidPayload => "invalid_payload",
            Self::Misconfigured => "misconfigured",
            Self::Policy => "policy",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether and when the same message may be submitted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAdvice {
    Never,
    /// Exponential, with jitter: `base_ms × 2^n`, at most `cap_ms`, at most `attempts_max` attempts in all.
    Backoff {
        base_ms: u32,
        cap_ms: u32,
        attempts_max: u8,
    },
    /// Once more, not before this many seconds.
    After {
        seconds: u32,
    },
    /// 4^n seconds, and only this recipient waits.
    PairBackoff,
    /// When the pause, hold or block that it causes is over.
    WhenLifted,
}

/// What the trouble is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    Recipient,
    Template,
    Sender,
    Account,
    Message,
}

impl Scope {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::Template => "template",
            Self::Sender => "sender",
            Self::Account => "account",
            Self::Message => "message",
        }
    }
}

/// What it changes for the messages that come after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapingAction {
    None,
    /// Go on at this share of the present rate and speed up again slowly.
    SlowSender {
        factor_percent: u8,
    },
    SlowAccount {
        factor_percent: u8,
    },
    HoldSender {
        seconds: u32,
    },
    HoldAccount {
        seconds: u32,
    },
    HoldTemplate {
        seconds: u32,
    },
    HoldRecipient {
        seconds: u32,
    },
    /// Keep this recipient on the list of those who cannot be reached.
    RememberInvalid,
    /// Treat as a revoked consent to marketing.
    SuppressMarketing,
    /// Stop the account until a person lifts the pause.
    PauseAccount,
    /// Stop the sender until a person lifts the pause.
    PauseSender,
}

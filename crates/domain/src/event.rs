//! The kinds of entries in the event log.
//!
//! Each change appends an event in the transaction of the change. The body carries ids, codes and numbers,
//! never content or addresses.

use crate::actor::Actor;
use crate::id::TenantId;
use crate::time::Timestamp;
use crate::trace::TraceId;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// What happened. The number is stored, the text is shown; neither ever changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Kind { $($(#[$doc])* $name = $code,)* }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
            pub fn as_str(self) -> &'static str { match self { $(Self::$name => $text),* } }
            pub fn code(self) -> i64 { self as i64 }
            pub fn from_code(code: i64) -> Option<Self> {
                match code { $($code => Some(Self::$name),)* _ => None }
            }
        }
    };
}

kinds! {
    MessageAccepted = 1, "message.accepted";
    MessageDenied = 2, "message.denied";
    /// A claim became durable: the request may leave from here on.
    MessageSubmitting = 3, "message.submitting";
    MessageSubmitted = 4, "message.submitted";
    /// One attempt was refused or could not be made.
    AttemptFailed = 5, "message.attempt_failed";
    MessageInDoubt = 6, "message.in_doubt";
    DoubtResolved = 7, "message.doubt_resolved";
    MessageRetrying = 8, "message.retrying";
    MessageDeferred = 9, "message.deferred";
    MessageSent = 10, "message.sent";
    MessageDelivered = 11, "message.delivered";
    MessageRead = 12, "message.read";
    MessagePlayed = 13, "message.played";
    /// Nothing more will be tried.
    MessageFailed = 14, "message.failed";
    MessageExpired = 15, "message.expired";
    MessageCanceled = 16, "message.canceled";
    MessageUnknown = 17, "message.unknown";
    MessageRedriven = 18, "message.redriven";
    /// A claim was taken back: the request had certainly not left.
    MessageRequeued = 19, "message.requeued";
    /// The plan takes another way.
    MessageFellBack = 140, "message.fell_back";
    /// No other way of the plan will be taken.
    PlanEnded = 141, "message.plan_ended";
    InboundReceived = 30, "inbound.received";
    ConsentGranted = 40, "consent.granted";
    ConsentRevoked = 41, "consent.revoked";
    RecipientInvalid = 42, "recipient.invalid";
    RecipientLifted = 43, "recipient.lifted";
    IdentityChanged = 44, "contact.identity_changed";
    TopicChanged = 45, "topic.changed";
    ConsentSettingsChanged = 46, "consent.settings_changed";
    /// A message reads like an opt-out and is not one for certain: somebody should look.
    OptOutPossible = 47, "consent.opt_out_possible";
    /// A double opt-in waits for its confirmation.
    ConsentPending = 48, "consent.pending";
    PreferenceLinkMade = 49, "consent.preference_link_made";
    TenantCreated = 50, "tenant.created";
    AccountCreated = 51, "account.created";
    AccountUpdated = 52, "account.updated";
    SenderCreated = 53, "sender.created";
    KeyCreated = 54, "key.created";
    KeyRevoked = 55, "key.revoked";
    PauseSet = 56, "pause.set";
    PauseLifted = 57, "pause.lifted";
    TenantChanged = 58, "tenant.changed";
    /// The tenant's data is sealed by a new key from now on.
    DataKeyRotated = 59, "tenant.data_key_rotated";
    TemplatesSynced = 60, "templates.synced";
    TemplateChanged = 61, "template.changed";
    SenderChanged = 62, "sender.changed";
    AccountChanged = 63, "account.changed";
    LaneSlowed = 70, "lane.slowed";
    LaneHeld = 71, "lane.held";
    LaneRecovered = 72, "lane.recovered";
    CallbackUnknown = 80, "callback.unknown";
    /// A tenant's settings of policy have a new version.
    PolicyChanged = 90, "policy.changed";
    PolicyRuleAdded = 91, "policy.rule_added";
    PolicyRuleRemoved = 92, "policy.rule_removed";
    /// The platform said how many people the portfolio may reach in a day.
    PortfolioLimitLearned = 93, "policy.portfolio_limit";
    CatalogueChanged = 100, "template.catalogue_changed";
    VersionCreated = 101, "template.version_created";
    /// A version took a step, by a person or by the platform's word.
    VersionMoved = 102, "template.version_moved";
    /// The linter's refusal was overridden, with its findings.
    LintOverridden = 103, "template.lint_overridden";
    /// The platform moved a template to another category, with the prices that this implies.
    CategoryDrifted = 104, "template.category_drifted";
    /// The template waits because of its quality.
    TemplateHeld = 105, "template.held";
    TemplateReleased = 106, "template.released";
    /// A corrected copy follows a rejection by itself.
    TemplateResubmitted = 107, "template.resubmitted";
    TemplateRulesChanged = 108, "template.rules_changed";
    /// The platform announced a change of category.
    CategoryAnnounced = 109, "template.category_announced";
    /// Somebody decided about a message that may be an opt-out.
    OptOutReviewed = 119, "consent.opt_out_reviewed";
    VerificationStarted = 120, "verification.started";
    VerificationApproved = 121, "verification.approved";
    /// Too many wrong codes were given.
    VerificationFailed = 122, "verification.failed";
    VerificationCanceled = 123, "verification.canceled";
    VerificationRefused = 124, "verification.refused";
    /// Requests look like abuse; told once an hour for what they have in common.
    VerificationAlert = 125, "verification.alert";
    VerificationSettings = 126, "verification.settings_changed";
    ConsentFormChanged = 110, "consent.form_changed";
    ImportStarted = 111, "import.started";
    ImportFinished = 112, "import.finished";
    ContactChanged = 113, "contact.changed";
    ContactMerged = 114, "contact.merged";
    ContactSplit = 115, "contact.split";
    NumberChanged = 116, "contact.number_changed";
    ContactErased = 117, "contact.erased";
    /// Somebody took all contacts along.
    ContactExported = 118, "contact.exported";
}

/// What an event is about: the sixteen bytes of an id, with its prefix to show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject(pub [u8; 16]);

/// An event about to be appended.
#[derive(Debug, Clone)]
pub struct NewEvent {
    pub tenant: TenantId,
    pub kind: Kind,
    pub subject: Subject,
    pub actor: Actor,
    pub trace: Option<TraceId>,
    pub at: Timestamp,
    /// A JSON object of ids, codes and numbers.
    pub body: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_are_unique_and_stable() {
        let mut names: Vec<_> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert_eq!(Kind::from_code(kind.code()), Some(*kind));
        }
    }
}

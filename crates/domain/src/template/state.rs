//! The life of one version: first inside the tenant, then at the platform.

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    Draft,
    InReview,
    /// A second person of the tenant agreed.
    SignedOff,
    /// On its way to the platform, or its answer is not known.
    Submitted,
    /// The platform reviews it.
    Pending,
    Approved,
    Rejected,
    Paused,
    Disabled,
    Archived,
}

/// What a person may do with a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Ask somebody else to look.
    Review,
    /// Agree: never the author.
    SignOff,
    /// Back to the author.
    Return,
    Submit,
    Archive,
}

use VersionState as S;

impl VersionState {
    pub const ALL: [Self; 10] = [
        S::Draft,
        S::InReview,
        S::SignedOff,
        S::Submitted,
        S::Pending,
        S::Approved,
        S::Rejected,
        S::Paused,
        S::Disabled,
        S::Archived,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            S::Draft => "draft",
            S::InReview => "in_review",
            S::SignedOff => "signed_off",
            S::Submitted => "submitted",
            S::Pending => "pending",
            S::Approved => "approved",
            S::Rejected => "rejected",
            S::Paused => "paused",
            S::Disabled => "disabled",
            S::Archived => "archived",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// The state after a step, if the step can be taken from here.
    pub fn after(self, step: Step) -> Option<Self> {
        Some(match (self, step) {
            (S::Draft, Step::Review) => S::InReview,
            (S::InReview, Step::SignOff) => S::SignedOff,
            (S::InReview | S::SignedOff, Step::Return) => S::Draft,
            (S::SignedOff, Step::Submit) => S::Submitted,
            (S::Submitted | S::Pending | S::Archived, Step::Archive) => return None,
            (_, Step::Archive) => S::Archived,
            _ => return None,
        })
    }

    /// The state after the platform's word; `None` if the word changes nothing.
    pub fn heard(self, status: &str) -> Option<Self> {
        let next = match status {
            "PENDING" | "IN_APPEAL" => S::Pending,
            "APPROVED" | "REINSTATED" | "FLAGGED" | "UNARCHIVED" | "LOCKED" => S::Approved,
            "REJECTED" | "LIMIT_EXCEEDED" => S::Rejected,
            "PAUSED" => S::Paused,
            "DISABLED" => S::Disabled,
            "ARCHIVED" | "DELETED" | "PENDING_DELETION" => S::Archived,
            _ => return None,
        };
        let at_platform = matches!(self, S::Submitted | S::Pending | S::Approved | S::Rejected | S::Paused);
        // A late word about an earlier review must not undo its outcome.
        let late = next == S::Pending && self != S::Submitted;
        (at_platform && next != self && !late).then_some(next)
    }

    /// Whether the platform may have it under its name.
    pub fn is_live(self) -> bool {
        matches!(self, S::Approved | S::Paused | S::Disabled)
    }
}

impl Step {
    pub const ALL: [Self; 5] = [Self::Review, Self::SignOff, Self::Return, Self::Submit, Self::Archive];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::SignOff => "sign_off",
            Self::Return => "return",
            Self::Submit => "submit",
            Self::Archive => "archive",
        }
    }
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }
}

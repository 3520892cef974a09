//! Verdicts of policy: what was decided, by which rule in which version, on which facts.

use crate::time::Timestamp;

/// What a rule says of a message.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    Allow,
    Deny,
    Defer { until: Timestamp },
}

/// One verdict as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Decision {
    /// Stable code such as `consent.suppressed`.
    pub rule: std::borrow::Cow<'static, str>,
    pub version: u32,
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Decided for the record only: it does not act.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
    /// A sentence for people; it names no address and no content.
    pub reason: String,
    /// The facts the rule saw, by name.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub inputs: serde_json::Map<String, serde_json::Value>,
}

impl Decision {
    pub fn denied(&self) -> bool {
        !self.shadow && self.verdict == Verdict::Deny
    }
}

/// The rule that settles a list of decisions: the first denial, else the longest deferral, else none.
pub fn deciding(decisions: &[Decision]) -> Option<&Decision> {
    if let Some(denied) = decisions.iter().find(|decision| decision.denied()) {
        return Some(denied);
    }
    decisions
        .iter()
        .filter_map(|decision| match decision.verdict {
            Verdict::Defer { until } if !decision.shadow => Some((until, decision)),
            _ => None,
        })
        .max_by_key(|(until, _)| *until)
        .map(|(_, decision)| decision)
}

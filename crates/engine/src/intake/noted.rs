//! Decisions made before policy is asked stand before policy's own in the message's timeline.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidings_domain::decision::Decision;
use tidings_domain::id::MessageId;
use tidings_store::model::{IntakeJudge, Judgement, NewMessage, RecipientFacts};

/// The same judge, with what was decided about each message before.
pub(super) fn noted(judge: IntakeJudge, notes: BTreeMap<MessageId, Vec<Decision>>) -> IntakeJudge {
    if notes.is_empty() {
        return judge;
    }
    Arc::new(move |message: &NewMessage, facts: &RecipientFacts| {
        let mut verdict = judge(message, facts);
        if let Some(before) = notes.get(&message.id) {
            match &mut verdict {
                Judgement::Allow { decisions }
                | Judgement::Deny { decisions, .. }
                | Judgement::Defer { decisions, .. } => put_before(decisions, before),
                Judgement::Expire => {}
            }
        }
        verdict
    })
}

/// Both are JSON lists.
pub(crate) fn put_before(decisions: &mut String, before: &[Decision]) {
    let mut text = serde_json::to_string(before).expect("a decision has only string keys");
    let rest = decisions.trim_start_matches('[');
    text.pop();
    if rest != "]" {
        text.push(',');
    }
    text.push_str(rest);
    *decisions = text;
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_domain::decision::Verdict;

    #[test]
    fn lists_are_joined() {
        let note = Decision {
            shadow: false,
            rule: "template.variant".into(),
            version: 1,
            verdict: Verdict::Allow,
            reason: String::new(),
            inputs: serde_json::Map::new(),
        };
        for (policy, length) in
            [("[]", 1), (r#"[{"rule":"a","version":1,"verdict":"allow","reason":""}]"#, 2)]
        {
            let mut decisions = policy.to_owned();
            put_before(&mut decisions, std::slice::from_ref(&note));
            let read: Vec<Decision> = serde_json::from_str(&decisions).expect("still a list of decisions");
            assert_eq!((read.len(), read[0].rule.as_ref()), (length, "template.variant"));
        }
    }
}

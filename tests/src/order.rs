//! Order: per sender, recipient and category, what is due earlier is claimed earlier, and what came in one call
//! in the order of the call.
//!
//! A message that was deferred or scheduled for later yields; one whose claim was taken back does not.
//! Authentication never waits. What counts is the order of the log, since the wall clock may step.

use std::collections::BTreeMap;

use tidings_domain::time::Timestamp;

/// A message, as far as its place in the order goes.
#[derive(Debug, Clone)]
pub struct Ordered {
    pub id: String,
    /// Sender, recipient and category.
    pub lane: (String, String, String),
    /// The call that brought it.
    pub call: usize,
    /// Places in the log: its acceptance, its first claim that was not taken back.
    pub accepted: usize,
    pub claimed: Option<usize>,
    pub claimed_at: Option<Timestamp>,
    /// When it was due as it was claimed.
    pub due_at: Timestamp,
    /// Something moved it behind others.
    pub disturbed: bool,
}

/// Every message that was overtaken.
pub fn check(messages: &[Ordered]) -> Vec<String> {
    let mut lanes: BTreeMap<_, Vec<&Ordered>> = BTreeMap::new();
    for message in messages.iter().filter(|message| message.lane.2 != "authentication") {
        lanes.entry(&message.lane).or_default().push(message);
    }
    let mut broken = Vec::new();
    for lane in lanes.values() {
        for first in lane.iter().filter(|message| !message.disturbed) {
            if let Some(later) = lane.iter().find(|later| overtook(first, later)) {
                broken.push(format!(
                    "order: {} was accepted and due before {} and was claimed after it",
                    first.id, later.id
                ));
            }
        }
    }
    broken
}

fn overtook(first: &Ordered, later: &Ordered) -> bool {
    let (Some(claimed), Some(overtaken), Some(claimed_at)) = (first.claimed, later.claimed, later.claimed_at)
    else {
        return false;
    };
    first.accepted < later.accepted
        && (first.due_at < later.due_at || (first.due_at == later.due_at && first.call == later.call))
        && first.due_at <= claimed_at
        && overtaken < claimed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, accepted: usize, claimed: usize, due_s: i64) -> Ordered {
        Ordered {
            id: id.to_owned(),
            lane: ("snd".to_owned(), "+1".to_owned(), "utility".to_owned()),
            call: accepted,
            accepted,
            claimed: Some(claimed),
            claimed_at: Some(Timestamp::from_secs(100)),
            due_at: Timestamp::from_secs(due_s),
            disturbed: false,
        }
    }

    #[test]
    fn whoever_came_first_goes_first() {
        let (a, b) = (message("a", 1, 3, 10), message("b", 2, 4, 11));
        assert_eq!(check(&[a.clone(), b.clone()]), Vec::<String>::new());
        let late = Ordered { claimed: Some(5), ..a.clone() };
        assert_eq!(check(&[late.clone(), b.clone()]).len(), 1);
        let at_once = Ordered { due_at: late.due_at, ..b.clone() };
        assert_eq!(check(&[late.clone(), at_once.clone()]).len(), 0);
        let together = Ordered { call: late.call, ..at_once };
        assert_eq!(check(&[late.clone(), together]).len(), 1);
        let yields = Ordered { disturbed: true, ..late.clone() };
        assert_eq!(check(&[yields, b.clone()]).len(), 0);
        let scheduled = Ordered { due_at: Timestamp::from_secs(101), ..late.clone() };
        assert_eq!(check(&[scheduled, b.clone()]).len(), 0);
        let other = Ordered { lane: ("snd".into(), "+2".into(), "utility".into()), ..late.clone() };
        assert_eq!(check(&[other, b.clone()]).len(), 0);
        let code = |each: &Ordered| Ordered {
            lane: ("snd".into(), "+1".into(), "authentication".into()),
            ..each.clone()
        };
        assert_eq!(check(&[code(&late), code(&b)]).len(), 0);
    }
}

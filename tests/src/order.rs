//! Order: per sender, recipient and category, what is due earlier is claimed earlier.
//!
//! A message that was deferred, taken back or scheduled for later yields; authentication never waits. What
//! counts is the order of the log, since the wall clock may step.

use std::collections::BTreeMap;

use tidings_domain::time::Timestamp;

/// A message, as far as its place in the order goes.
#[derive(Debug, Clone)]
pub struct Ordered {
    pub id: String,
    /// Sender, recipient and category.
    pub lane: (String, String, String),
    /// Places in the log: its acceptance, its first claim.
    pub accepted: usize,
    pub claimed: Option<usize>,
    pub claimed_at: Option<Timestamp>,
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
        && first.due_at < later.due_at
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

//! Hints between nodes: one that took in work for another's lane says so, at most a few times a second,
//! and the other looks at once. Nothing depends on it: the store is polled beneath.

use tokio_util::sync::CancellationToken;

use tidings_store::Store;
use tidings_store::model::{SLOTS, SlotSet};

use crate::limits::{HINT_EVERY_US, HINT_RETRY_US};
use crate::pipeline::Engine;

/// Says in which slots of others there is work.
pub(crate) async fn speak(engine: Engine, region: String, store: Store, stop: CancellationToken) {
    let mailbox = engine.0.wakes.mailbox(&region);
    while store.is_shared() && stop.run_until_cancelled(mailbox.outgoing.notified()).await.is_some() {
        let slots = mailbox.take_hints();
        if slots.is_empty() {
            continue;
        }
        if let Err(error) = store.hint(&store.system(), &write(slots)).await {
            tracing::debug!(error = %error, "a hint to the other nodes was lost");
        }
        engine.0.clock.sleep(HINT_EVERY_US).await;
    }
}

/// Hears what others say of our slots.
pub(crate) async fn listen(engine: Engine, region: String, store: Store, stop: CancellationToken) {
    let mailbox = engine.0.wakes.mailbox(&region);
    let hear = async {
        loop {
            match store.hints(&store.system()).await {
                Ok(None) => return,
                Ok(Some(mut hints)) => {
                    while let Some(hint) = hints.recv().await {
                        if read(&hint).iter().any(|slot| mailbox.holdings.serves(slot)) {
                            mailbox.post(|work| work.look = true);
                        }
                    }
                }
                Err(error) => tracing::debug!(error = %error, "hints of other nodes are not heard"),
            }
            engine.0.clock.sleep(HINT_RETRY_US).await;
        }
    };
    stop.run_until_cancelled(hear).await;
}

fn write(slots: SlotSet) -> String {
    let numbers: Vec<String> = slots.iter().map(|slot| slot.to_string()).collect();
    format!("work {}", numbers.join(" "))
}

/// What cannot be read names nothing: another version may say more.
fn read(hint: &str) -> SlotSet {
    let Some(numbers) = hint.strip_prefix("work ") else { return SlotSet::default() };
    numbers.split(' ').filter_map(|each| each.parse().ok()).filter(|slot| *slot < SLOTS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_survive_the_way() {
        let slots = SlotSet::from_iter([0, 7, 63]);
        assert_eq!(write(slots), "work 0 7 63");
        assert_eq!(read(&write(slots)), slots);
        for strange in ["", "work", "work x", "work 64 -1 999", "other 1"] {
            assert!(read(strange).is_empty(), "{strange}");
        }
    }
}

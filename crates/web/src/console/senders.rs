//! Senders, each with its lane.

use axum::response::Response;
use serde_json::Value;

use super::report::{json, list, number, text};
use super::view::pages::{Bucket, Queue, SenderCard, SendersPage};
use super::view::text::{decimal, words};
use super::view::{Badge, Section};
use super::viewer::{Refusal, Viewer, html};
use crate::limits::SENDERS_SHOWN_MAX;

pub async fn show(viewer: Viewer) -> Result<Response, Refusal> {
    let engine = &viewer.state.engine;
    let mut senders = Vec::new();
    for sender in engine.senders(&viewer.caller).await?.into_iter().take(SENDERS_SHOWN_MAX) {
        let lane = json(&engine.lane(&viewer.caller, sender.id).await?);
        senders.push(card(
            sender.id.to_string(),
            sender.address,
            sender.provider_ref,
            sender.messages_per_s,
            &lane,
        ));
    }
    let mut frame = viewer.frame("Senders", Section::Senders).await?;
    frame.swap = true;
    Ok(html(&SendersPage { frame, senders }))
}

fn card(id: String, address: String, provider_ref: String, messages_per_s: f64, lane: &Value) -> SenderCard {
    let phase = Badge::phase(&text(lane, "/phase"));
    SenderCard {
        id,
        address,
        provider_ref,
        phase,
        detail: text(lane, "/detail"),
        pace: format!("{} a second", decimal(messages_per_s)),
        in_flight: text(lane, "/in_flight"),
        queues: list(lane, "/queued").iter().map(queue).collect(),
        buckets: list(lane, "/buckets").iter().map(bucket).collect(),
        holds: list(lane, "/holds").iter().map(hold).collect(),
    }
}

/// All categories together.
pub fn waiting(queues: &[Value]) -> String {
    super::view::text::number(queues.iter().map(|queue| number(queue, "/waiting")).sum())
}

fn queue(item: &Value) -> Queue {
    Queue {
        label: words(&text(item, "/category")),
        value: super::view::text::number(number(item, "/waiting")),
    }
}

fn bucket(item: &Value) -> Bucket {
    let figure = |pointer: &str| item.pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0);
    let (available, burst) = (figure("/available"), figure("/burst"));
    let share = if burst > 0.0 { (available / burst).clamp(0.0, 1.0) } else { 0.0 };
    let slowed = figure("/factor") < 1.0;
    Bucket {
        label: text(item, "/scope"),
        percent: (share * 100.0).round() as u8,
        class: if share < 0.05 {
            "bad"
        } else if slowed {
            "warn"
        } else {
            "good"
        },
        words: format!(
            "{} of {} · {}/s",
            decimal(available),
            decimal(burst),
            decimal(figure("/messages_per_s"))
        ),
    }
}

fn hold(item: &Value) -> String {
    let left = number(item, "/seconds_left");
    let time = if left >= 120 { format!("{} min", left / 60) } else { format!("{left} s") };
    format!("{}: {}, {time} more", text(item, "/scope"), text(item, "/reason"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_lane_becomes_a_card() {
        let lane = json!({"phase": "slowed", "detail": "Runs at 50 %.", "in_flight": 3,
            "queued": [{"category": "utility", "waiting": 1200, "loaded": 9, "more": true}],
            "buckets": [{"scope": "sender", "messages_per_s": 40.0, "burst": 80.0, "available": 20, "factor": 0.5},
                        {"scope": "account", "messages_per_s": 1.0, "burst": 0.0, "available": 0, "factor": 1.0}],
            "holds": [{"scope": "offer", "reason": "paused by the platform", "seconds_left": 300}]});
        let card = card("snd_1".into(), "+49".into(), "1".into(), 80.0, &lane);
        assert_eq!((card.queues[0].value.as_str(), card.in_flight.as_str()), ("1,200", "3"));
        assert_eq!((card.buckets[0].percent, card.buckets[0].class), (25, "warn"));
        assert_eq!((card.buckets[1].percent, card.buckets[1].class), (0, "bad"));
        assert_eq!(card.buckets[0].words, "20 of 80 · 40/s");
        assert_eq!(card.holds, ["offer: paused by the platform, 5 min more"]);
        assert_eq!(waiting(list(&lane, "/queued")), "1,200");
    }
}

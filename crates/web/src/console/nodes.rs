//! The nodes of the installation, for operators.

use axum::response::Response;
use serde_json::Value;
use tidings_domain::actor::Role;
use tidings_engine::{EngineError, Operator};

use super::report::{json, list, text, when};
use super::view::pages::{NodeCard, NodeLane, NodesPage};
use super::view::{Badge, Section};
use super::viewer::{Refusal, Viewer, html};

pub async fn show(viewer: Viewer) -> Result<Response, Refusal> {
    if viewer.role != Role::Operator {
        return Err(EngineError::NotFound("page").into());
    }
    let operator = Operator { actor: viewer.caller.actor };
    let report = json(&viewer.state.engine.nodes(&operator).await?);
    let nodes = list(&report, "/nodes").iter().map(card).collect();
    let free = list(&report, "/free_slots").iter().filter_map(free).collect();
    let mut frame = viewer.frame("Nodes", Section::Nodes).await?;
    frame.swap = true;
    Ok(html(&NodesPage { frame, nodes, free }))
}

fn card(node: &Value) -> NodeCard {
    let alive = node["alive"] == true;
    let slots = list(node, "/slots");
    NodeCard {
        id: text(node, "/id"),
        name: text(node, "/name"),
        state: if alive { Badge::new("good", "alive") } else { Badge::new("bad", "silent") },
        answers: node["answers"] == true,
        region: text(node, "/region"),
        roles: text(node, "/roles").replace(',', ", "),
        version: text(node, "/version"),
        address: text(node, "/address"),
        started: when(node, "/started_at"),
        heartbeat: when(node, "/heartbeat_at"),
        slots: format!("{} ({} with tenants)", slots.len(), text(node, "/used_slots")),
        slot_numbers: ranges(slots),
        lanes: list(node, "/lanes").iter().map(lane).collect(),
    }
}

fn lane(lane: &Value) -> NodeLane {
    NodeLane {
        sender: text(lane, "/sender"),
        phase: Badge::phase(&text(lane, "/phase")),
        detail: text(lane, "/detail"),
        in_flight: text(lane, "/in_flight"),
    }
}

fn free(region: &Value) -> Option<String> {
    let slots = list(region, "/slots");
    (!slots.is_empty()).then(|| format!("{}: {}", text(region, "/region"), ranges(slots)))
}

/// `0–3, 7` for 0, 1, 2, 3 and 7.
fn ranges(slots: &[Value]) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for slot in slots.iter().filter_map(Value::as_u64) {
        match runs.last_mut() {
            Some((_, end)) if *end + 1 == slot => *end = slot,
            _ => runs.push((slot, slot)),
        }
    }
    let words: Vec<String> =
        runs.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}–{b}") }).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_node_becomes_a_card() {
        let node = json!({"id": "ab", "name": "one", "alive": false, "answers": true, "region": "main",
            "roles": "api,dispatch", "version": "1", "address": "http://x", "started_at": "2026-03-01T09:30:00.250Z",
            "heartbeat_at": "2026-03-01T09:30:02.250Z", "slots": [0, 1, 2, 7, 63], "used_slots": 2,
            "lanes": [{"sender": "snd_1", "phase": "held", "detail": "Held.", "in_flight": 3}]});
        let card = card(&node);
        assert_eq!((card.state.label.as_str(), card.answers), ("silent", true));
        assert_eq!((card.slots.as_str(), card.slot_numbers.as_str()), ("5 (2 with tenants)", "0–2, 7, 63"));
        assert_eq!((card.lanes[0].phase.class, card.lanes[0].in_flight.as_str()), ("bad", "3"));
        assert_eq!(card.roles, "api, dispatch");
        assert_eq!(free(&json!({"region": "eu", "slots": []})), None);
        assert_eq!(free(&json!({"region": "eu", "slots": [4, 5]})).as_deref(), Some("eu: 4–5"));
    }
}

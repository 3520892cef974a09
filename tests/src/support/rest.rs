//! For tests of the real program: its end of work.

use std::time::Duration;

use tidings_simulator::Simulator;

use super::http::Http;
use super::wait::eventually;
use crate::ledger::MessageFacts;
use crate::limits::REST_ROUNDS;

/// Waits until no message is open but in these states, then reads all of them.
pub async fn at_rest(http: &Http, simulator: &Simulator, but: &[&str]) -> Vec<MessageFacts> {
    for status in ["queued", "submitting", "in_doubt", "scheduled", "accepted"] {
        if but.contains(&status) {
            continue;
        }
        for _ in 0..REST_ROUNDS {
            let none = async || {
                let page = http.get(&format!("/v1/messages?status={status}&limit=1")).await.expect(200);
                page["messages"].as_array().is_some_and(Vec::is_empty).then_some(())
            };
            let waited = tokio::time::timeout(Duration::from_secs(19), eventually(status, none)).await;
            if waited.is_ok() {
                break;
            }
        }
    }
    eventually("the post to be empty", async || simulator.next_wake_us().is_none().then_some(())).await;
    let mut messages = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = http.get(&format!("/v1/messages?limit=500{cursor}")).await.expect(200);
        for message in page["messages"].as_array().expect("a list") {
            let id = message["id"].as_str().expect("an id");
            let one = http.get(&format!("/v1/messages/{id}")).await.expect(200);
            messages.push(serde_json::from_value(one).expect("a message as the API shows it"));
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return messages,
        }
    }
}

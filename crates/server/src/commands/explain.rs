//! `tidings explain msg_…`: the eight questions, then the timeline.

use serde_json::Value;

use super::{Outcome, view};
use crate::api::escaped;
use crate::cli::Explain;
use crate::output::Out;
use crate::table::wrap;

pub async fn run(args: &Explain, out: Out) -> Outcome {
    let path = format!("/v1/messages/{}/explain", escaped(&args.id));
    let explanation = view::api(&args.server).get(&path).await?;
    Ok(out.answer(&explanation, || words(&explanation))?)
}

fn words(explanation: &Value) -> String {
    let mut text = format!(
        "{} is {}.\n",
        view::text(explanation, "/id"),
        view::text(explanation, "/status").replace('_', " ")
    );
    for (at, item) in explanation["answers"].as_array().into_iter().flatten().enumerate() {
        text.push_str(&format!("\n{}. {}\n", at + 1, view::text(item, "/question")));
        text.push_str(&wrap(&view::text(item, "/answer"), 3));
    }
    text.push_str("\nTimeline (UTC)\n");
    for item in explanation["timeline"].as_array().into_iter().flatten() {
        let at = view::text(item, "/at").replace('T', " ").replace('Z', "");
        text.push_str(&format!("  {at}  {}\n", view::text(item, "/what")));
        let detail = view::text(item, "/detail");
        if !detail.is_empty() {
            text.push_str(&wrap(&detail, 27));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_come_first_then_the_timeline() {
        let text = words(&json!({"id": "msg_1", "status": "in_doubt",
            "answers": [{"question": "Was it sent?", "answer": "Nobody knows yet."}],
            "timeline": [{"at": "2026-03-01T09:30:00.250Z", "what": "accepted", "detail": ""},
                         {"at": "2026-03-01T09:30:01.250Z", "what": "in doubt", "detail": "attempt 1: timeout"}]}));
        assert_eq!(
            text,
            "msg_1 is in doubt.\n\n1. Was it sent?\n   Nobody knows yet.\n\nTimeline (UTC)\n  \
             2026-03-01 09:30:00.250  accepted\n  2026-03-01 09:30:01.250  in doubt\n                           \
             attempt 1: timeout\n"
        );
    }
}

//! One message: the eight answers, what was decided, what happened.

use axum::extract::{Path, Query};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;
use tidings_domain::actor::Permission;
use tidings_domain::id::MessageId;

use super::posted::{Nothing, Posted};
use super::report::{json, list, text, when};
use super::view::pages::{Answer, AttemptRow, DecisionRow, Fact, MessagePage, TimelineRow};
use super::view::text::words;
use super::view::{Badge, Section, When, shorten};
use super::viewer::{Refusal, Viewer, html};
use crate::extract::path_id;

/// Statuses in which a message can still be taken back.
const CANCELABLE: [&str; 3] = ["accepted", "scheduled", "queued"];
/// Statuses in which sending again is a person's decision.
const REDRIVABLE: [&str; 3] = ["failed", "expired", "unknown"];

#[derive(Debug, Default, Deserialize)]
pub struct Done {
    #[serde(default)]
    done: String,
}

pub async fn show(
    viewer: Viewer,
    Path(id): Path<String>,
    Query(done): Query<Done>,
) -> Result<Response, Refusal> {
    let id: MessageId = path_id(&id, "message").map_err(Refusal::Problem)?;
    let engine = &viewer.state.engine;
    let message = json(&engine.message(&viewer.caller, id).await?);
    let explanation = json(&engine.explain(&viewer.caller, id).await?);
    let mut frame = viewer.frame(shorten(&id.to_string()), Section::Messages).await?;
    frame.swap = true;
    (frame.notice, frame.notice_class) = match done.done.as_str() {
        "canceled" => ("The message is canceled.".to_owned(), "good"),
        "redriven" => ("The message is queued again.".to_owned(), "good"),
        _ => (String::new(), ""),
    };
    let status = text(&message, "/status");
    let may_write = viewer.may(Permission::MessagesWrite);
    let answers = list(&explanation, "/answers").iter().map(answer).collect();
    Ok(html(&MessagePage {
        frame,
        id: id.to_string(),
        can_cancel: may_write && CANCELABLE.contains(&status.as_str()),
        can_redrive: may_write && REDRIVABLE.contains(&status.as_str()),
        status: Badge::status(&status),
        answers,
        facts: facts(&message),
        attempts: list(&message, "/attempts").iter().map(attempt).collect(),
        decisions: list(&message, "/decisions").iter().map(decision).collect(),
        timeline: list(&explanation, "/timeline").iter().map(entry).collect(),
    }))
}

pub async fn cancel(
    Path(id): Path<String>,
    Posted(viewer, Nothing {}): Posted<Nothing>,
) -> Result<Response, Refusal> {
    let id: MessageId = path_id(&id, "message").map_err(Refusal::Problem)?;
    viewer.state.engine.cancel(&viewer.caller, id).await?;
    Ok(Redirect::to(&format!("/console/messages/{id}?done=canceled")).into_response())
}

#[derive(Debug, Deserialize)]
pub struct Back {
    #[serde(default)]
    back: String,
}

pub async fn redrive(
    Path(id): Path<String>,
    Posted(viewer, form): Posted<Back>,
) -> Result<Response, Refusal> {
    let id: MessageId = path_id(&id, "message").map_err(Refusal::Problem)?;
    viewer.state.engine.redrive(&viewer.caller, id).await?;
    let to = match form.back.as_str() {
        "attention" => "/console/attention?done=redriven".to_owned(),
        _ => format!("/console/messages/{id}?done=redriven"),
    };
    Ok(Redirect::to(&to).into_response())
}

fn answer(item: &Value) -> Answer {
    Answer { question: text(item, "/question"), answer: text(item, "/answer") }
}

fn facts(message: &Value) -> Vec<Fact> {
    let trace = text(message, "/trace_id");
    let sender = text(message, "/sender");
    let to = ["/to/phone", "/to/bsuid", "/to/email", "/to/contact"].into_iter().map(|at| text(message, at));
    let kind = text(message, "/content/type");
    let plain = |name, value| Fact { name, value, ..Fact::default() };
    let mono = |name, value| Fact { name, value, mono: true, href: String::new() };
    let all = [
        mono("To", to.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")),
        plain("Channel", text(message, "/channel")),
        plain("Category", text(message, "/category")),
        plain("Content", kind.replace('_', " ")),
        mono("Template", text(message, "/content/template/name")),
        Fact { href: format!("/console/senders#{sender}"), ..mono("Sender", sender) },
        mono("Reason", text(message, "/reason")),
        plain("Created", when(message, "/created_at").text),
        plain("Due", when(message, "/due_at").text),
        plain("Expires", when(message, "/expires_at").text),
        mono("Reference", text(message, "/reference")),
        Fact { href: format!("/console/messages?find={trace}"), ..mono("Trace", trace) },
    ];
    all.into_iter().filter(|fact| !fact.value.is_empty()).collect()
}

fn attempt(item: &Value) -> AttemptRow {
    let state = text(item, "/state");
    let doubted = item["was_in_doubt"].as_bool().unwrap_or(false) && state != "in_doubt";
    let (next_word, next) = match (when(item, "/retry_at"), when(item, "/doubt_until")) {
        (retry, _) if !retry.iso.is_empty() => ("retried", retry),
        (_, doubt) if !doubt.iso.is_empty() => ("decided", doubt),
        _ => ("", When::default()),
    };
    AttemptRow {
        number: text(item, "/number"),
        state: Badge::status(&state),
        doubted,
        claimed: when(item, "/claimed_at"),
        answered: when(item, "/answered_at"),
        code: text(item, "/error/code"),
        meaning: text(item, "/error/meaning"),
        next_word,
        next,
    }
}

fn decision(item: &Value) -> DecisionRow {
    DecisionRow {
        verdict: Badge::verdict(&text(item, "/verdict")),
        rule: format!("{} v{}", text(item, "/rule"), text(item, "/version")),
        stage: text(item, "/stage"),
        reason: match text(item, "/reason") {
            reason if reason.is_empty() => inputs(item),
            reason => reason,
        },
    }
}

/// The facts that a rule saw, where it had nothing to say.
fn inputs(item: &Value) -> String {
    let Some(inputs) = item["inputs"].as_object() else { return String::new() };
    let pair = |(name, value): (&String, &Value)| match value {
        Value::String(text) => format!("{} {text}", words(name)),
        other => format!("{} {other}", words(name)),
    };
    inputs.iter().map(pair).collect::<Vec<_>>().join(", ")
}

fn entry(item: &Value) -> TimelineRow {
    let what = text(item, "/what");
    TimelineRow {
        class: timeline_class(&what),
        at: When::exact(&text(item, "/at")),
        // Everything here is about a message; what is not says so itself.
        what: words(what.strip_prefix("message.").unwrap_or(&what)),
        detail: text(item, "/detail"),
    }
}

/// The colour of an entry by the words of what happened.
fn timeline_class(what: &str) -> &'static str {
    let what = what.to_lowercase().replace('_', " ");
    let any = |words: &[&str]| words.iter().any(|word| what.contains(word));
    if any(&["failed", "expired", "refused"]) {
        "bad"
    } else if any(&["doubt", "denied", "unknown", "deferred", "retry", "canceled", "requeued"]) {
        "warn"
    } else if any(&["delivered", "read", "played"]) {
        "good"
    } else if any(&["submit", "sent"]) {
        "move"
    } else {
        "dim"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_report_becomes_rows() {
        let row = attempt(&json!({"number": 2, "state": "failed", "was_in_doubt": true,
            "error": {"code": 131026, "meaning": "It cannot be delivered."},
            "claimed_at": "2026-03-01T09:30:00Z", "answered_at": null, "retry_at": "2026-03-01T09:31:00Z"}));
        assert_eq!((row.number.as_str(), row.code.as_str(), row.next_word), ("2", "131026", "retried"));
        assert!(row.doubted && row.answered.iso.is_empty() && row.next.text == "2026-03-01 09:31:00");
        let facts = facts(
            &json!({"to": {"phone": "+49301"}, "content": {"type": "template", "template": {"name": "order"}}, "sender": "snd_1"}),
        );
        let names: Vec<_> = facts.iter().map(|fact| (fact.name, fact.value.as_str())).collect();
        assert_eq!(
            names,
            [("To", "+49301"), ("Content", "template"), ("Template", "order"), ("Sender", "snd_1")]
        );
    }

    #[test]
    fn happenings_have_their_colour() {
        for (what, class) in [
            ("accepted", "dim"),
            ("message.submitted", "move"),
            ("in doubt", "warn"),
            ("message.attempt_failed", "bad"),
            ("delivered", "good"),
        ] {
            assert_eq!(timeline_class(what), class, "{what}");
        }
    }
}

use std::collections::BTreeSet;

use serde_json::Value;
use tidings_domain::id::{Id, InboundId, MessageId, SenderId};
use tidings_domain::provider::{AccountHealth, SenderHealth};
use tidings_domain::time::Timestamp;
use tidings_domain::{actor, category, consent, credentials, decision, lifecycle};
use tidings_engine::admin::TemplateCounts;
use tidings_engine::dispatch::{HoldView, LaneView, QueueView};
use tidings_engine::imports::ImportReport;
use tidings_engine::report::{
    Answer, AttemptReport, AttentionReport, EventView, Explanation, FreeSlots, InboundReport, LaneLine,
    MessageReport, MessageSummary, NodeView, NodesView, Overview, PlanReport, StepReport, TimelineEntry,
};
use tidings_engine::store_model;

use super::names;

fn texts<T: serde::Serialize>(all: &[T]) -> Vec<String> {
    all.iter().map(|each| serde_json::to_value(each).unwrap().as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_described_names_are_those_of_the_domain() {
    assert_eq!(texts(&lifecycle::Status::ALL), names::Status::TEXTS);
    assert_eq!(texts(&category::Category::ALL), names::Category::TEXTS);
    assert_eq!(texts(&category::Channel::ALL), names::Channel::TEXTS);
    assert_eq!(texts(&credentials::ProviderKind::ALL), names::Provider::TEXTS);
    assert_eq!(texts(&actor::Role::ALL), names::Role::TEXTS);
    assert_eq!(texts(&actor::Permission::ALL), names::Permission::TEXTS);
    use store_model::PauseScope as P;
    assert_eq!(
        texts(&[P::Tenant, P::Account, P::Sender, P::Template, P::Category]),
        names::PauseScope::TEXTS
    );
    assert_eq!(names::AttentionKind::TEXTS.len(), 5);
    assert_eq!(texts(consent::Source::ALL), names::ConsentSource::TEXTS);
    assert_eq!(texts(consent::Basis::ALL), names::ConsentBasis::TEXTS);
    use consent::MarketingRule as M;
    assert_eq!(texts(&[M::OptOut, M::OptIn]), names::MarketingRule::TEXTS);
    let reaches: Vec<_> =
        std::iter::once(consent::Reach::Any).chain(category::Channel::ALL.map(Into::into)).collect();
    assert_eq!(texts(&reaches), names::ConsentChannel::TEXTS);
    assert_eq!(names::ConsentState::TEXTS.len(), 3);
}

#[test]
fn verdicts_are_those_of_policy() {
    use decision::Verdict as V;
    let until = Timestamp::from_secs(1);
    let all = [V::Allow, V::Deny, V::Defer { until }].map(|each| serde_json::to_value(each).unwrap());
    let found: Vec<_> = all.iter().map(|each| each["verdict"].as_str().unwrap()).collect();
    assert_eq!(found, names::Verdict::TEXTS);
}

/// What is written is what is described: no field more, and none of the certain ones less.
fn check(api: &Value, name: &str, written: &impl serde::Serialize) {
    let schema = &api["components"]["schemas"][name];
    let described: BTreeSet<_> = schema["properties"].as_object().expect(name).keys().cloned().collect();
    let certain = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    let written = serde_json::to_value(written).unwrap();
    let found: BTreeSet<_> = written.as_object().expect(name).keys().cloned().collect();
    let more: Vec<_> = found.difference(&described).collect();
    let less: Vec<_> = certain.iter().filter(|field| !found.contains(field.as_str().unwrap())).collect();
    assert!(more.is_empty() && less.is_empty(), "{name}: not described {more:?}, not written {less:?}");
}

fn api() -> Value {
    let (_, openapi) = crate::api::router();
    serde_json::to_value(openapi).unwrap()
}

#[test]
fn reports_of_a_message_are_as_described() {
    let api = api();
    let (id, at, text) = (MessageId::from_bytes([7; 16]), Timestamp::from_secs(1), || "x".to_owned());
    let attempt = AttemptReport {
        id: text(),
        number: 1,
        state: "sent",
        provider_id: Some(text()),
        claimed_at: at,
        answered_at: Some(at),
        error: None,
        retry_at: Some(at),
        doubt_until: Some(at),
        was_in_doubt: false,
    };
    check(&api, "Attempt", &attempt);
    let step = StepReport {
        channel: "sms",
        sender: text(),
        because: text(),
        first_attempt: Some(2),
        within_s: Some(30),
        until: "delivered",
    };
    check(&api, "PlanStep", &step);
    let plan = PlanReport { step: 1, next_at: Some(at), ended: Some(text()), steps: vec![step] };
    check(&api, "Plan", &plan);
    let message = MessageReport {
        id,
        status: lifecycle::Status::Sent,
        reason: Some(text()),
        channel: "whatsapp",
        category: "utility",
        account: text(),
        sender: text(),
        to: Some(Value::Null),
        content: Some(Value::Null),
        reference: Some(text()),
        metadata: None,
        created_at: at,
        due_at: at,
        expires_at: at,
        trace_id: text(),
        attempts: vec![attempt],
        plan: Some(plan),
        decisions: vec![],
        cost: Some(Value::Null),
    };
    check(&api, "Message", &message);
    let timeline = TimelineEntry { at, what: "sent", detail: text(), actor: text() };
    check(&api, "TimelineEntry", &timeline);
    let answer = Answer { question: "why", answer: text() };
    check(&api, "Answer", &answer);
    let status = lifecycle::Status::Sent;
    check(&api, "Explanation", &Explanation { id, status, answers: vec![answer], timeline: vec![timeline] });
}

#[test]
fn rows_of_lists_are_as_described() {
    let api = api();
    let (at, text) = (Timestamp::from_secs(1), || "x".to_owned());
    let id = MessageId::from_bytes([7; 16]);
    let summary = MessageSummary {
        id,
        status: lifecycle::Status::Sent,
        reason: Some(text()),
        channel: "whatsapp",
        category: "utility",
        sender: text(),
        template: Some(text()),
        created_at: at,
        attempts: 1,
        trace_id: text(),
    };
    check(&api, "MessageSummary", &summary);
    check(&api, "DeadLetter", &AttentionReport { message: id, kind: "dead", reason: text(), at });
    let inbound = InboundReport {
        id: InboundId::from_bytes([7; 16]),
        sender: text(),
        contact: Some(text()),
        from: Value::Null,
        kind: text(),
        text: Some(text()),
        context: Some(text()),
        message: Value::Null,
        at,
        received_at: at,
    };
    check(&api, "InboundMessage", &inbound);
    let event = EventView {
        cursor: text(),
        kind: "message.sent",
        subject: text(),
        at,
        actor: text(),
        trace_id: Some(text()),
        data: Value::Null,
    };
    check(&api, "Event", &event);
}

#[test]
fn what_is_said_of_lanes_and_accounts_is_as_described() {
    let api = api();
    let (id, kind, state, created_at) = ("imp".to_owned(), "consents", "running", Timestamp::from_secs(1));
    let import =
        ImportReport { id, kind, state, lines: 1, done: 1, good: 1, bad: 0, created_at, finished_at: None };
    check(&api, "Import", &import);
    check(&api, "Overview", &Overview::default());
    check(&api, "TemplateCounts", &TemplateCounts::default());
    check(&api, "SenderHealth", &SenderHealth::default());
    check(&api, "AccountHealth", &AccountHealth::default());
    let lane = LaneView::idle(SenderId::from_bytes([7; 16]), 80.0);
    check(&api, "LaneBucket", &lane.buckets[0]);
    check(&api, "Lane", &lane);
    let (node, line) = node();
    check(&api, "NodeLane", &line);
    check(&api, "Node", &node);
    let free = FreeSlots { region: "main".to_owned(), slots: vec![1] };
    check(&api, "FreeSlots", &free);
    check(&api, "Nodes", &NodesView { nodes: vec![node], free_slots: vec![free] });
    let queue = QueueView { category: "utility".into(), waiting: 0, loaded: 0, more: false };
    check(&api, "LaneQueue", &queue);
    check(&api, "LaneHold", &HoldView { scope: String::new(), reason: String::new(), seconds_left: 0 });
}

fn node() -> (NodeView, LaneLine) {
    let at = Timestamp::from_secs(1);
    let line = LaneLine {
        sender: SenderId::from_bytes([7; 16]),
        phase: String::new(),
        detail: String::new(),
        in_flight: 0,
        as_of: at,
    };
    let node = NodeView {
        region: String::new(),
        id: String::new(),
        name: String::new(),
        roles: String::new(),
        version: String::new(),
        address: String::new(),
        started_at: at,
        heartbeat_at: at,
        alive: true,
        answers: true,
        slots: vec![1],
        used_slots: 1,
        lanes: vec![line.clone()],
    };
    (node, line)
}

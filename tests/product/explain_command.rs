//! `tidings explain` from the command line: the real program asks a running server.

use tidings_simulator::Faults;
use tidings_tests::support::{Program, Storage, Tenant, TestApp};
use tidings_tests::{both_engines, shows};

const SECOND: i64 = 1_000_000;

/// What the program prints about a message, without what differs from run to run.
async fn explained(app: &TestApp, tenant: &Tenant, id: &str) -> String {
    let program = Program::default().with("TIDINGS_SERVER", &app.http.base).with("TIDINGS_KEY", &tenant.key);
    let json = program.json(&["explain", id, "--json"]).await;
    assert_eq!(json["id"], id);
    assert_eq!(json["answers"].as_array().map(Vec::len), Some(8), "{json}");
    assert_eq!(
        json,
        tenant.http.get(&format!("/v1/messages/{id}/explain")).await.expect(200),
        "the API's answer"
    );
    let finished = program.run(&["explain", id]).await;
    assert_eq!((finished.code, finished.stderr.as_str()), (Some(0), ""));
    let (answers, timeline) = finished.stdout.split_once("Timeline (UTC)\n").unwrap();
    let events = json["timeline"].as_array().unwrap();
    assert!(!events.is_empty());
    for event in events {
        assert!(timeline.contains(event["what"].as_str().unwrap()), "{event} is not in {timeline}");
    }
    let answers = answers.replace("Yes: a later receipt proves it.", "Yes, at 2026-01-01T00:00:00Z.");
    clean(&answers).replace(id, "[msg]")
}

/// Times as `[time]`, and each answer in one line: where it is wrapped depends on the length of a time.
fn clean(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let words: Vec<String> = line.trim().split(' ').map(word).collect();
        let is_question = line.starts_with(|c: char| c.is_ascii_digit());
        match lines.last_mut() {
            Some(last) if !is_question => {
                last.push(' ');
                last.push_str(&words.join(" "));
            }
            _ => lines.push(words.join(" ")),
        }
    }
    lines.join("\n")
}

fn word(word: &str) -> String {
    let core = word.trim_end_matches(['.', ';', ',', ':']);
    let is_time = core.len() >= 20 && core.ends_with('Z') && core.as_bytes()[10] == b'T';
    if is_time { word.replacen(core, "[time]", 1) } else { word.to_owned() }
}

both_engines! {
    async fn delivered_and_read(storage: Storage) {
        let app = TestApp::with(storage, |options| options.simulator.customers.read_share = 0.0).await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "delivered").await;
        tenant.until_event(&id, "message.submitted").await;
        shows!(explained(&app, &tenant, &id).await, @"
        [msg] is delivered.
        1. Was it sent? Yes, submitted once; the last time at [time].
        2. Did the provider accept it? Yes, attempt 1 at [time].
        3. Was it delivered? Yes, at [time].
        4. Was it read? No receipt says so; the recipient may have read receipts turned off.
        5. Why did it fail? It has not failed.
        6. Will it be retried, when, and why? No.
        7. Is this tenant or sender at a limit? Not for this message any more.
        8. Was any consent or policy rule in play, and which one decided? All allowed it: recipient.reachable, consent.suppression, template.approved.
        ");
        app.simulator.set_customers(tidings_simulator::Customers::instant());
        let id = tenant.send(&tenant.utility(2)).await;
        tenant.until(&id, "read").await;
        tenant.until_event(&id, "message.submitted").await;
        shows!(explained(&app, &tenant, &id).await, @"
        [msg] is read.
        1. Was it sent? Yes, submitted once; the last time at [time].
        2. Did the provider accept it? Yes, attempt 1 at [time].
        3. Was it delivered? Yes, at [time].
        4. Was it read? Yes, at [time].
        5. Why did it fail? It has not failed.
        6. Will it be retried, when, and why? No.
        7. Is this tenant or sender at a limit? Not for this message any more.
        8. Was any consent or policy rule in play, and which one decided? All allowed it: recipient.reachable, consent.suppression, template.approved.
        ");
    }

    async fn failed(storage: Storage) {
        let app = TestApp::with(storage, |options| options.simulator.customers.failed_share = 1.0).await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "failed").await;
        tenant.until_event(&id, "message.submitted").await;
        shows!(explained(&app, &tenant, &id).await, @"
        [msg] is failed.
        1. Was it sent? Yes, submitted once; the last time at [time].
        2. Did the provider accept it? Yes, at [time], but it failed afterwards.
        3. Was it delivered? No.
        4. Was it read? No.
        5. Why did it fail? The provider said 131026: The message cannot be delivered: the number has no WhatsApp, has not accepted the terms, or uses a version that is too old.
        6. Will it be retried, when, and why? No: it ended. It can be sent again by hand (redrive).
        7. Is this tenant or sender at a limit? Not for this message any more.
        8. Was any consent or policy rule in play, and which one decided? All allowed it: recipient.reachable, consent.suppression, template.approved.
        ");
    }

    async fn denied(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        tenant.revoke(1, "marketing").await;
        let id = tenant.send(&tenant.marketing(1)).await;
        shows!(explained(&app, &tenant, &id).await, @"
        [msg] is denied.
        1. Was it sent? No: it is denied and never left.
        2. Did the provider accept it? It was never asked.
        3. Was it delivered? No.
        4. Was it read? No.
        5. Why did it fail? It was denied by the rule `consent.suppressed`.
        6. Will it be retried, when, and why? No.
        7. Is this tenant or sender at a limit? Not for this message any more.
        8. Was any consent or policy rule in play, and which one decided? The rule `consent.suppressed` denied it at intake: The recipient opted out of marketing messages.
        ");
    }

    async fn retried(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.simulator.faults = Faults { rate_limited: 1.0, ..Faults::none() };
        })
        .await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until_event(&id, "message.retrying").await;
        app.simulator.set_faults(Faults::none());
        tenant.until(&id, "read").await;
        tenant.until_event(&id, "message.submitted").await;
        shows!(explained(&app, &tenant, &id).await, @"
        [msg] is read.
        1. Was it sent? Yes, submitted 2 times; the last time at [time].
        2. Did the provider accept it? Yes, attempt 2 at [time].
        3. Was it delivered? Yes, at [time].
        4. Was it read? Yes, at [time].
        5. Why did it fail? It has not failed. An earlier attempt did: The provider said 130429: The sender reached its throughput; it goes on more slowly.
        6. Will it be retried, when, and why? No.
        7. Is this tenant or sender at a limit? Not for this message any more.
        8. Was any consent or policy rule in play, and which one decided? All allowed it: recipient.reachable, consent.suppression, template.approved.
        ");
    }

    async fn in_doubt(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.simulator.faults = Faults { timeout_before_accept: 1.0, ..Faults::none() };
            options.engine.doubt_us = [600 * SECOND; 4];
        })
        .await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.marketing(1)).await;
        tenant.until(&id, "in_doubt").await;
        shows!(explained(&app, &tenant, &id).await, @"
        [msg] is in doubt.
        1. Was it sent? Yes, submitted once; the last time at [time].
        2. Did the provider accept it? Nobody knows yet: no definite answer arrived.
        3. Was it delivered? No.
        4. Was it read? No.
        5. Why did it fail? It has not failed.
        6. Will it be retried, when, and why? Not blindly: a receipt may settle the doubt until [time]; after that it ends as unknown.
        7. Is this tenant or sender at a limit? No. The lane: Nothing waits.
        8. Was any consent or policy rule in play, and which one decided? All allowed it: recipient.reachable, consent.suppression, template.approved.
        ");
    }

    async fn another_tenants_message_is_not_there(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        let other = app.tenant_number(1).await;
        let program = Program::default().with("TIDINGS_SERVER", &app.http.base).with("TIDINGS_KEY", &other.key);
        let finished = program.run(&["explain", &id]).await;
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(1), ""));
        assert!(finished.stderr.contains("message"), "{}", finished.stderr);
    }
}

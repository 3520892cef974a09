//! The eight questions, answered truthfully for a message in each situation.

use tidings_simulator::Faults;
use tidings_tests::support::{Storage, Tenant, TestApp, redact};
use tidings_tests::{both_engines, shows};

const SECOND: i64 = 1_000_000;

/// The answers, one a line.
async fn answers(tenant: &Tenant, id: &str) -> String {
    let explained = tenant.http.get(&format!("/v1/messages/{id}/explain")).await.expect(200);
    assert!(!explained["timeline"].as_array().unwrap().is_empty());
    let answers = explained["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 8);
    let line = |each: &serde_json::Value| {
        // Webhooks overtake each other: a delivery may be proved by the receipt of the reading.
        let clean = redact(&each["answer"]).replace("Yes: a later receipt proves it.", "Yes, at [time].");
        format!("{} {}\n", each["question"].as_str().unwrap(), clean.trim_matches('"'))
    };
    answers.iter().map(line).collect()
}

both_engines! {
    async fn delivered_and_read(storage: Storage) {
        let app = TestApp::with(storage, |options| options.simulator.customers.read_share = 0.0).await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "delivered").await;
        shows!(answers(&tenant, &id).await, @"
        Was it sent? Yes, submitted once; the last time at [time].
        Did the provider accept it? Yes, attempt 1 at [time].
        Was it delivered? Yes, at [time].
        Was it read? No receipt says so; the recipient may have read receipts turned off.
        Why did it fail? It has not failed.
        Will it be retried, when, and why? No.
        Is this tenant or sender at a limit? Not for this message any more.
        Was any consent or policy rule in play, and which one decided? All allowed it: recipient.reachable, consent.suppression, template.approved.
        ");
        let quick = tidings_simulator::Customers::instant();
        app.simulator.set_customers(quick);
        let id = tenant.send(&tenant.utility(2)).await;
        tenant.until(&id, "read").await;
        tenant.until_event(&id, "message.submitted").await;
        shows!(answers(&tenant, &id).await, @"
        Was it sent? Yes, submitted once; the last time at [time].
        Did the provider accept it? Yes, attempt 1 at [time].
        Was it delivered? Yes, at [time].
        Was it read? Yes, at [time].
        Why did it fail? It has not failed.
        Will it be retried, when, and why? No.
        Is this tenant or sender at a limit? Not for this message any more.
        Was any consent or policy rule in play, and which one decided? All allowed it: recipient.reachable, consent.suppression, template.approved.
        ");
    }

    async fn failed(storage: Storage) {
        let app = TestApp::with(storage, |options| options.simulator.customers.failed_share = 1.0).await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "failed").await;
        tenant.until_event(&id, "message.submitted").await;
        shows!(answers(&tenant, &id).await, @"
        Was it sent? Yes, submitted once; the last time at [time].
        Did the provider accept it? Yes, at [time], but it failed afterwards.
        Was it delivered? No.
        Was it read? No.
        Why did it fail? The provider said 131026: The message cannot be delivered: the number has no WhatsApp, has not accepted the terms, or uses a version that is too old.
        Will it be retried, when, and why? No: it ended. It can be sent again by hand (redrive).
        Is this tenant or sender at a limit? Not for this message any more.
        Was any consent or policy rule in play, and which one decided? All allowed it: recipient.reachable, consent.suppression, template.approved.
        ");
    }

    async fn denied(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        tenant.revoke(1, "marketing").await;
        let id = tenant.send(&tenant.marketing(1)).await;
        shows!(answers(&tenant, &id).await, @"
        Was it sent? No: it is denied and never left.
        Did the provider accept it? It was never asked.
        Was it delivered? No.
        Was it read? No.
        Why did it fail? It was denied by the rule `consent.suppressed`.
        Will it be retried, when, and why? No.
        Is this tenant or sender at a limit? Not for this message any more.
        Was any consent or policy rule in play, and which one decided? The rule `consent.suppressed` denied it at intake: The recipient opted out of marketing messages.
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
        shows!(answers(&tenant, &id).await, @"
        Was it sent? Yes, submitted 2 times; the last time at [time].
        Did the provider accept it? Yes, attempt 2 at [time].
        Was it delivered? Yes, at [time].
        Was it read? Yes, at [time].
        Why did it fail? It has not failed. An earlier attempt did: The provider said 130429: The sender reached its throughput; it goes on more slowly.
        Will it be retried, when, and why? No.
        Is this tenant or sender at a limit? Not for this message any more.
        Was any consent or policy rule in play, and which one decided? All allowed it: recipient.reachable, consent.suppression, template.approved.
        ");
    }

    async fn in_doubt(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.simulator.faults = Faults { timeout_before_accept: 1.0, ..Faults::none() };
            options.engine.doubt_us = [600 * SECOND; 4];
        })
        .await;
        let tenant = app.tenant().await;
        let utility = tenant.send(&tenant.utility(1)).await;
        let marketing = tenant.send(&tenant.marketing(2)).await;
        tenant.until(&utility, "in_doubt").await;
        tenant.until(&marketing, "in_doubt").await;
        shows!(answers(&tenant, &utility).await, @"
        Was it sent? Yes, submitted once; the last time at [time].
        Did the provider accept it? Nobody knows yet: no definite answer arrived.
        Was it delivered? No.
        Was it read? No.
        Why did it fail? It has not failed.
        Will it be retried, when, and why? Not blindly: a receipt may settle the doubt until [time]; after that it is sent again.
        Is this tenant or sender at a limit? No. The lane: Nothing waits.
        Was any consent or policy rule in play, and which one decided? All allowed it: recipient.reachable, consent.suppression, template.approved.
        ");
        shows!(answers(&tenant, &marketing).await, @"
        Was it sent? Yes, submitted once; the last time at [time].
        Did the provider accept it? Nobody knows yet: no definite answer arrived.
        Was it delivered? No.
        Was it read? No.
        Why did it fail? It has not failed.
        Will it be retried, when, and why? Not blindly: a receipt may settle the doubt until [time]; after that it ends as unknown.
        Is this tenant or sender at a limit? No. The lane: Nothing waits.
        Was any consent or policy rule in play, and which one decided? All allowed it: recipient.reachable, consent.suppression, template.approved.
        ");
    }
}

//! The eight questions, answered truthfully for a message in each situation.

use insta::assert_snapshot;

use tidings_simulator::Faults;
use tidings_tests::both_engines;
use tidings_tests::support::{Storage, Tenant, TestApp, redact};

const SECOND: i64 = 1_000_000;

/// The answers, one a line.
async fn answers(tenant: &Tenant, id: &str) -> String {
    let explained = tenant.http.get(&format!("/v1/messages/{id}/explain")).await.expect(200);
    assert!(!explained["timeline"].as_array().unwrap().is_empty());
    let answers = explained["answers"].as_array().unwrap();
    assert_eq!(answers.len(), 8);
    let line = |each: &serde_json::Value| {
        let clean = redact(&each["answer"]);
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
        assert_snapshot!(answers(&tenant, &id).await, @"");
        let quick = tidings_simulator::Customers::instant();
        app.simulator.set_customers(quick);
        let id = tenant.send(&tenant.utility(2)).await;
        tenant.until(&id, "read").await;
        tenant.until_event(&id, "message.submitted").await;
        assert_snapshot!(answers(&tenant, &id).await, @"");
    }

    async fn failed(storage: Storage) {
        let app = TestApp::with(storage, |options| options.simulator.customers.failed_share = 1.0).await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "failed").await;
        tenant.until_event(&id, "message.submitted").await;
        assert_snapshot!(answers(&tenant, &id).await, @"");
    }

    async fn denied(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        tenant.revoke(1, "marketing").await;
        let id = tenant.send(&tenant.marketing(1)).await;
        assert_snapshot!(answers(&tenant, &id).await, @"");
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
        assert_snapshot!(answers(&tenant, &id).await, @"");
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
        assert_snapshot!(answers(&tenant, &utility).await, @"");
        assert_snapshot!(answers(&tenant, &marketing).await, @"");
    }
}

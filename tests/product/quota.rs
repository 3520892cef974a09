//! Tenants have limits of their own, and the operator can stop one without the others noticing.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, Tenant, TestApp, eventually};

async fn patch(app: &TestApp, tenant: &Tenant, body: Value) -> Value {
    let path = format!("/v1/tenants/{}", tenant.id);
    app.installation.call(Method::PATCH, &path, Some(&body), &[]).await.expect(200)
}

/// Sends until the limit is in force here, which takes a second at most.
async fn refused(tenant: &Tenant, status: u16) -> tidings_tests::support::Answer {
    eventually("the limit to be in force", async || {
        let answer = tenant.http.post("/v1/messages", &tenant.utility(1)).await;
        (answer.status == status).then_some(answer)
    })
    .await
}

both_engines! {
    async fn a_suspended_tenant_stands_still(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (tenant, other) = (app.tenant().await, app.tenant_number(1).await);
        let pause = json!({"scope": "tenant", "reason": "wait"});
        let pause = tenant.http.post("/v1/pauses", &pause).await.expect(201);
        let waiting = tenant.send(&tenant.utility(2)).await;
        assert_eq!(patch(&app, &tenant, json!({"suspended": true})).await["suspended"], true);
        let answer = refused(&tenant, 403).await;
        assert_eq!(answer.body["code"], "tenant_suspended", "{}", answer.text);
        let batch = json!({"messages": [tenant.utility(1)]});
        assert_eq!(tenant.http.post("/v1/messages/batch", &batch).await.status, 403);
        let path = format!("/v1/pauses/{}", pause["id"].as_str().unwrap());
        tenant.http.call(Method::DELETE, &path, None, &[]).await.expect(204);
        let sent = other.send(&other.utility(3)).await;
        other.until(&sent, "read").await;
        let lane = format!("/v1/senders/{}/lane", tenant.sender);
        eventually("the lane to stand still", async || {
            let lane = tenant.http.get(&lane).await.expect(200);
            (lane["phase"] == "paused" && lane.to_string().contains("suspended")).then_some(())
        })
        .await;
        assert_eq!(tenant.message(&waiting).await["status"], "queued", "reading goes on");
        patch(&app, &tenant, json!({"suspended": false})).await;
        tenant.until(&waiting, "read").await;
        let key = tenant.http.call(Method::PATCH, &format!("/v1/tenants/{}", other.id), Some(&json!({})), &[]).await;
        assert_eq!(key.status, 401, "only the operator does this");
    }

    async fn a_tenant_over_its_limit_hears_when_to_come_again(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (tenant, other) = (app.tenant().await, app.tenant_number(1).await);
        patch(&app, &tenant, json!({"accepts_per_s": 1.0})).await;
        let answer = refused(&tenant, 429).await;
        assert!(answer.headers.contains_key("retry-after"), "{}", answer.text);
        other.send(&other.utility(3)).await;
        patch(&app, &tenant, json!({"accepts_per_s": null, "accepts_per_day": 3})).await;
        let answer = refused(&tenant, 429).await;
        let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=3_600).contains(&wait), "{wait}");
        let header = [("idempotency-key", "again")];
        let body = tenant.utility(1);
        assert_eq!(tenant.http.call(Method::POST, "/v1/messages", Some(&body), &header).await.status, 429);
        app.clock.advance(Duration::from_secs(24 * 3_600));
        tenant.http.call(Method::POST, "/v1/messages", Some(&body), &header).await.expect(202);
        let wrong = app.installation.call(Method::PATCH, &format!("/v1/tenants/{}", tenant.id), Some(&json!({"accepts_per_s": -1.0})), &[]).await;
        assert_eq!(wrong.status, 400, "{}", wrong.text);
    }
}

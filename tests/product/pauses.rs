//! The kill switch, in each of its scopes.

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, Tenant, TestApp, eventually};

async fn pause(tenant: &Tenant, body: &Value) -> String {
    tenant.http.post("/v1/pauses", body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

async fn lift(tenant: &Tenant, id: &str) {
    tenant.http.call(Method::DELETE, &format!("/v1/pauses/{id}"), None, &[]).await.expect(204);
}

both_engines! {
    async fn a_pause_of_the_whole_lane_stops_it_until_it_is_lifted(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        for body in [
            json!({"scope": "tenant", "reason": "wrong price"}),
            json!({"scope": "account", "id": tenant.account, "reason": "wrong price"}),
            json!({"scope": "sender", "id": tenant.sender, "reason": "wrong price"}),
        ] {
            let before = app.simulator.counts().submissions;
            let switch = pause(&tenant, &body).await;
            let id = tenant.send(&tenant.utility(1)).await;
            eventually("the lane to say that it is paused", async || {
                let lane = tenant.http.get(&format!("/v1/senders/{}/lane", tenant.sender)).await.expect(200);
                (lane["phase"] == "paused").then_some(())
            })
            .await;
            assert_eq!(tenant.message(&id).await["status"], "queued", "{body}");
            let why = tenant.http.get(&format!("/v1/messages/{id}/explain")).await;
            assert!(why.text.contains("wrong price"), "{}", why.text);
            assert_eq!(app.simulator.counts().submissions, before);
            lift(&tenant, &switch).await;
            tenant.until(&id, "read").await;
        }
    }

    async fn a_pause_of_a_kind_lets_the_others_pass(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        for body in [
            json!({"scope": "template", "id": "spring_offer", "reason": "wrong price"}),
            json!({"scope": "category", "id": "marketing", "reason": "wrong price"}),
        ] {
            let switch = pause(&tenant, &body).await;
            let stopped = tenant.send(&tenant.marketing(1)).await;
            let passes = tenant.send(&tenant.utility(2)).await;
            tenant.until(&passes, "read").await;
            assert_eq!(tenant.message(&stopped).await["status"], "queued", "{body}");
            lift(&tenant, &switch).await;
            tenant.until(&stopped, "read").await;
        }
    }

    async fn a_pause_names_what_exists_and_says_why(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (tenant, other) = (app.tenant().await, app.tenant_number(1).await);
        for body in [
            json!({"scope": "sender", "id": other.sender, "reason": "not mine"}),
            json!({"scope": "category", "id": "gossip", "reason": "x"}),
            json!({"scope": "tenant", "reason": ""}),
            json!({"scope": "tenant", "reason": "x", "until": "2020-01-01T00:00:00Z"}),
            json!({"scope": "planet", "id": "earth", "reason": "x"}),
        ] {
            tenant.http.post("/v1/pauses", &body).await.expect(400);
        }
        let switch = pause(&tenant, &json!({"scope": "tenant", "reason": "x"})).await;
        other.http.call(Method::DELETE, &format!("/v1/pauses/{switch}"), None, &[]).await.expect(404);
        let list = tenant.http.get("/v1/pauses").await.expect(200);
        assert_eq!(list["pauses"][0]["id"], switch);
        let id = other.send(&other.utility(1)).await;
        other.until(&id, "read").await;
    }
}

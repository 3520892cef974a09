//! Tenants, keys and what they allow, accounts, senders, templates.

use http::Method;
use serde_json::{Value, json};

use tidings_tests::support::{Storage, TestApp};
use tidings_tests::{both_engines, shows};

both_engines! {
    async fn only_the_installation_key_makes_tenants(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let new = json!({"name": "Another"});
        tenant.http.post("/v1/tenants", &new).await.expect(401);
        app.http.post("/v1/tenants", &new).await.expect(401);
        app.installation.post("/v1/tenants", &json!({"name": ""})).await.expect(400);
        let list = app.installation.get("/v1/tenants").await.expect(200);
        assert_eq!(list["tenants"][0]["id"], tenant.id);
        assert!(!list.to_string().contains("tdk_"), "keys are shown once");
    }

    async fn a_key_does_what_it_is_for_and_no_more(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let reader = json!({"name": "dashboard", "role": "analyst"});
        let made = tenant.http.post("/v1/keys", &reader).await.expect(201);
        let http = app.http.with_token(made["key"].as_str().unwrap());
        http.get("/v1/messages").await.expect(200);
        let refused = http.post("/v1/messages", &tenant.utility(1)).await;
        shows!(refused.shown(), @r#"
        403
        {
          "code": "forbidden",
          "detail": "the key does not have the permission `messages:write`",
          "status": 403,
          "title": "The key does not allow this",
          "type": "urn:tidings:problem:forbidden"
        }
        "#);
        for (method, path, body) in [
            (Method::POST, "/v1/keys", json!({"name": "more", "role": "analyst"})),
            (Method::POST, "/v1/pauses", json!({"scope": "tenant", "reason": "no"})),
            (Method::POST, "/v1/consents", json!({"to": {"phone": "+4915112345678"}, "channel": "whatsapp",
                "purpose": "marketing", "granted": true, "source": "form"})),
        ] {
            http.call(method, path, Some(&body), &[]).await.expect(403);
        }
        let path = format!("/v1/keys/{}", made["id"].as_str().unwrap());
        tenant.http.call(Method::DELETE, &path, None, &[]).await.expect(204);
        tidings_tests::support::eventually("the revoked key to be refused", async || {
            (http.get("/v1/messages").await.status == 401).then_some(())
        })
        .await;
    }

    async fn accounts_and_senders_are_listed_without_secrets(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let accounts = tenant.http.get("/v1/accounts").await;
        assert!(!accounts.text.contains("secret-0") && !accounts.text.contains("token-0"));
        assert_eq!(accounts.body["accounts"][0]["app_secrets"], 1);
        let senders = tenant.http.get("/v1/senders").await.expect(200);
        assert_eq!(senders["senders"][0]["address"], tenant.address);
        let path = format!("/v1/accounts/{}/health", tenant.account);
        tenant.http.get(&path).await.expect(200);
        let health = tenant.http.get(&format!("/v1/senders/{}/health", tenant.sender)).await.expect(200);
        assert_eq!(health["quality"], "GREEN", "{health}");
        let slower = json!({"messages_per_s": 5});
        let path = format!("/v1/senders/{}", tenant.sender);
        let patched = tenant.http.call(Method::PATCH, &path, Some(&slower), &[]).await.expect(200);
        assert_eq!(patched["messages_per_s"], 5.0);
    }

    async fn templates_are_synced_with_their_status(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let list = tenant.http.get("/v1/templates").await.expect(200);
        let mut names: Vec<&str> = list["templates"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|each| each["name"].as_str().or(each["definition"]["name"].as_str()))
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["hello_world", "login_code", "order_update", "spring_offer"]);
        let unknown = json!({"account": "acc_01k9h3c4v8e2xt7m5q0w6r1yza"});
        tenant.http.post("/v1/templates/sync", &unknown).await.expect(404);
    }

    async fn the_handshake_of_a_callback_address(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let ask = async |token: &str| {
            let query = format!("?hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444");
            app.http.get(&format!("{}{query}", tenant.callback_path)).await
        };
        let answer = ask("verify-me").await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "1158201444"));
        assert_eq!(ask("guess").await.status, 401);
        assert_eq!(ask("verify-me").await.body, Value::from(1_158_201_444));
    }
}

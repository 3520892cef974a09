//! Accounts at every kind of provider, and the senders that fit them.

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Http, Storage, TestApp};

fn smpp() -> Value {
    json!({"provider": "smpp", "access_token": "hunter2", "connection":
        {"host": "127.0.0.1", "port": 1, "system_id": "acme"}})
}

async fn fields(http: &Http, path: &str, body: &Value) -> Vec<String> {
    let refused = http.post(path, body).await.expect(400);
    let list = refused["errors"].as_array().unwrap_or_else(|| panic!("{refused}"));
    list.iter()
        .map(|each| format!("{} {}", each["field"].as_str().unwrap(), each["code"].as_str().unwrap()))
        .collect()
}

both_engines! {
    async fn every_provider_has_its_account(storage: Storage) {
        let app = TestApp::start(storage).await;
        let http = app.tenant().await.http;
        for (account, reference) in [
            (smpp(), "acme@127.0.0.1:1"),
            (json!({"provider": "sms_http", "access_token": "hunter2", "connection":
                {"base_url": "http://127.0.0.1:1", "account_sid": "AC1"}}), "AC1"),
            (json!({"provider": "smtp", "connection": {"host": "127.0.0.1", "port": 1}}), "127.0.0.1:1"),
        ] {
            let made = http.post("/v1/accounts", &account).await.expect(201);
            assert_eq!(made["provider_ref"], reference);
            assert!(made.get("business_account_id").is_none(), "{made}");
            assert_eq!(made["connection"].get("provider"), None, "{made}");
            for (field, value) in account["connection"].as_object().unwrap() {
                assert_eq!(&made["connection"][field], value, "{made}");
            }
            http.post("/v1/accounts", &account).await.expect(409);
        }
        let list = http.get("/v1/accounts").await.expect(200);
        assert_eq!(list["accounts"].as_array().unwrap().len(), 4);
        assert!(!list.to_string().contains("hunter2"), "{list}");
    }

    async fn what_does_not_fit_a_provider_is_named(storage: Storage) {
        let app = TestApp::start(storage).await;
        let http = app.tenant().await.http;
        let with = |change: &dyn Fn(&mut Value)| {
            let mut account = smpp();
            change(&mut account);
            account
        };
        for (account, wrong) in [
            (with(&|account| account["connection"]["port"] = json!(0)), vec!["connection.port port.zero"]),
            (with(&|account| account["connection"]["windows"] = json!(1)), vec!["connection.windows field.unknown"]),
            (with(&|account| account["access_token"] = json!("nine chars")), vec!["access_token access_token.form"]),
            (with(&|account| { account.as_object_mut().unwrap().remove("connection"); }),
                vec!["connection field.required"]),
            (with(&|account| account["provider"] = json!("cloud")), vec!["business_account_id field.missing"]),
            (json!({"provider": "ultramsg", "access_token": "hunter2", "connection":
                {"base_url": "http://127.0.0.1:1", "instance_id": "i1"}}), vec!["provider provider.absent"]),
            (json!({"provider": "cloud", "business_account_id": "1", "access_token": "t", "app_secret": "s",
                "verify_token": "w", "connection": {}}), vec!["connection connection.unwanted"]),
        ] {
            assert_eq!(fields(&http, "/v1/accounts", &account).await, wrong, "{account}");
        }
    }

    async fn a_connection_is_replaced_and_stays_with_its_provider(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let http = &tenant.http;
        let made = http.post("/v1/accounts", &smpp()).await.expect(201);
        let path = format!("/v1/accounts/{}", made["id"].as_str().unwrap());
        let patch = async |path: &str, body: Value| http.call(Method::PATCH, path, Some(&body), &[]).await;
        let moved = json!({"connection": {"host": "127.0.0.2", "port": 2, "system_id": "acme", "window": 3}});
        let moved = patch(&path, moved).await.expect(200);
        assert_eq!(moved["provider_ref"], "acme@127.0.0.2:2");
        assert_eq!(moved["connection"]["window"], 3);
        patch(&path, json!({"access_token": "longer than eight"})).await.expect(400);
        patch(&path, json!({"connection": {"base_url": "http://x", "account_sid": "AC1"}})).await.expect(400);
        let cloud = format!("/v1/accounts/{}", tenant.account);
        patch(&cloud, moved["connection"].clone()).await.expect(400);
    }

    async fn senders_have_the_channel_and_the_form_of_their_account(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let http = &tenant.http;
        let account = http.post("/v1/accounts", &smpp()).await.expect(201);
        let sender = |address: &str| json!({"account": account["id"], "address": address});
        for (address, kept) in [("+1 202 555 0100", "+12025550100"), ("72220", "72220"), ("Acme", "Acme")] {
            let made = http.post("/v1/senders", &sender(address)).await.expect(201);
            assert_eq!((&made["channel"], &made["address"]), (&json!("sms"), &json!(kept)));
            assert_eq!(made["provider_ref"], kept);
        }
        let mut wrong = sender("Acme Parcels Limited");
        assert_eq!(fields(http, "/v1/senders", &wrong).await, ["address originator.invalid"]);
        wrong["address"] = json!("Acme");
        wrong["channel"] = json!("whatsapp");
        assert_eq!(fields(http, "/v1/senders", &wrong).await, ["channel channel.unsupported"]);
        let cloud = json!({"account": tenant.account, "address": "+12025550101"});
        assert_eq!(fields(http, "/v1/senders", &cloud).await, ["provider_ref provider_ref.form"]);
    }
}

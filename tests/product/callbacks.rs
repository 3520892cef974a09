//! Who may tell us what: the security of the callback door.

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, Tenant, TestApp, phone, sign};

fn message_from(tenant: &Tenant, app: &TestApp, number: &str, id: &str) -> String {
    let message = json!({"from": &phone(1)[1..], "id": id, "timestamp": (app.now_us() / 1_000_000).to_string(),
        "type": "text", "text": {"body": "Hi"}});
    let value = json!({"messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Ann"}, "wa_id": &phone(1)[1..]}], "messages": [message]});
    tenant.change("messages", &value)
}

both_engines! {
    async fn nothing_unsigned_is_stored(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (tenant, other) = (app.tenant().await, app.tenant_number(1).await);
        let body = message_from(&tenant, &app, &tenant.number, "wamid.1");
        let good = sign(&tenant.app_secret, body.as_bytes());
        let foreign = sign(&other.app_secret, body.as_bytes());
        let refused = app.counter("callbacks_refused");
        let cases = [
            ("unsigned", body.clone(), None, 401),
            ("empty signature", body.clone(), Some("sha256="), 401),
            ("not hex", body.clone(), Some("sha256=zz"), 401),
            ("another algorithm", body.clone(), Some("sha1=00"), 401),
            ("another tenant's secret", body.clone(), Some(foreign.as_str()), 401),
            ("truncated", body[..body.len() - 1].to_owned(), Some(good.as_str()), 401),
            ("changed", body.replace("Hi", "Ho"), Some(good.as_str()), 401),
        ];
        let n = cases.len() as u64;
        for (name, body, signature, want) in cases {
            let answer = tenant.callback(&app, &body, signature).await;
            assert_eq!(answer.status, want, "{name}: {}", answer.text);
        }
        for nonsense in ["", "{", "[]", "7", "{\"object\":\"page\"}"] {
            let answer = tenant.signed_callback(&app, nonsense).await;
            assert!(answer.status == 400 || answer.status == 200, "{nonsense}: {}", answer.status);
        }
        let elsewhere = tenant.callback_path.replace("/main/", "/mars/");
        let headers = [("x-hub-signature-256", good.as_str())];
        assert_eq!(app.http.raw(Method::POST, &elsewhere, body.clone(), &headers).await.status, 404);
        assert_eq!(tenant.inbound().await, Vec::<Value>::new());
        assert!(app.counter("callbacks_refused") >= refused + n);
        tenant.callback(&app, &body, Some(&good)).await.expect(200);
        assert_eq!(tenant.inbound().await.len(), 1);
    }

    async fn what_is_not_understood_is_kept_and_counted(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let bodies = [
            message_from(&tenant, &app, "99999", "wamid.other-number"),
            tenant.change("field_of_the_future", &json!({"anything": [1, 2, 3]})),
            tenant.change("messages", &json!({"messaging_product": "whatsapp", "metadata": tenant.metadata(),
                "statuses": [{"id": "wamid.x", "status": "vaporised", "timestamp": "1767600000", "recipient_id": "49151"}]})),
        ];
        for body in bodies {
            let before = app.counter("callbacks_unknown");
            tenant.signed_callback(&app, &body).await.expect(200);
            assert!(app.counter("callbacks_unknown") > before, "{body}");
        }
        assert_eq!(tenant.inbound().await, Vec::<Value>::new());
    }

    async fn another_accounts_entry_counts_only_with_its_own_secret(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (tenant, other) = (app.tenant().await, app.tenant_number(1).await);
        let body = message_from(&other, &app, &other.number, "wamid.smuggled");
        tenant.callback(&app, &body, Some(&sign(&tenant.app_secret, body.as_bytes()))).await.expect(200);
        assert_eq!(other.inbound().await, Vec::<Value>::new());
        assert_eq!(tenant.inbound().await, Vec::<Value>::new());
    }

    async fn secrets_are_rotated_without_a_gap(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let path = format!("/v1/accounts/{}", tenant.account);
        let patch = json!({"app_secret": "fresh"});
        let patched = tenant.http.call(Method::PATCH, &path, Some(&patch), &[]).await.expect(200);
        assert_eq!(patched["app_secrets"], 2);
        for (n, secret) in [tenant.app_secret.as_str(), "fresh"].into_iter().enumerate() {
            let body = message_from(&tenant, &app, &tenant.number, &format!("wamid.{n}"));
            tenant.callback(&app, &body, Some(&sign(secret, body.as_bytes()))).await.expect(200);
        }
        let patch = json!({"drop_old_app_secrets": true});
        tenant.http.call(Method::PATCH, &path, Some(&patch), &[]).await.expect(200);
        let body = message_from(&tenant, &app, &tenant.number, "wamid.late");
        let old = tenant.callback(&app, &body, Some(&sign(&tenant.app_secret, body.as_bytes()))).await;
        assert_eq!(old.status, 401);
        assert_eq!(tenant.inbound().await.len(), 2);
    }
}

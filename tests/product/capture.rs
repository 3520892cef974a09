//! Capture that really captures: a hosted form, a double opt-in, a code on a poster. Each leaves the words that were
//! shown, their version, and where they were agreed to.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Answer, Http, Storage, Tenant, TestApp, eventually, phone};

use crate::consent::{number, says};
use crate::preferences::visitor;

const TEXT: &str = "Yes, Acme may send me offers on WhatsApp.";

fn form() -> Value {
    json!({"name": "Newsletter", "language": "en", "business_name": "Acme", "text": TEXT, "purposes": ["marketing"]})
}

async fn made(tenant: &Tenant, form: &Value) -> Value {
    tenant.http.post("/v1/consent-forms", form).await.expect(201)
}

fn path_of(form: &Value) -> String {
    let url = form["url"].as_str().unwrap();
    format!("/{}", url.splitn(4, '/').nth(3).unwrap())
}

async fn submit(visitor: &Http, path: &str, number: &str, more: &str) -> Answer {
    let body = format!("phone={}{more}", number.replace('+', "%2B"));
    visitor.raw(Method::POST, path, body, &[("content-type", "application/x-www-form-urlencoded")]).await
}

async fn ledger(tenant: &Tenant, n: usize) -> Vec<Value> {
    let list = tenant.http.get(&format!("/v1/consents?to={}", number(n))).await.expect(200);
    list["consents"].as_array().unwrap().clone()
}

both_engines! {
    async fn a_form_records_what_was_shown_and_by_whom(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let form = made(&tenant, &form()).await;
        let (path, visitor) = (path_of(&form), visitor(&app));
        let page = visitor.get(&path).await;
        assert!(page.status == 200 && page.text.contains(TEXT) && page.text.contains("type=\"tel\""), "{}", page.text);
        assert_eq!(page.header("x-frame-options"), Some("DENY"));
        let answer = submit(&visitor, &path, &phone(1), "").await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        let thanks = visitor.get(answer.header("location").unwrap()).await;
        assert!(thanks.text.contains("Your agreement is recorded"), "{}", thanks.text);
        let entries = ledger(&tenant, 1).await;
        let [entry] = entries.as_slice() else { panic!("{entries:?}") };
        assert_eq!((&entry["granted"], &entry["purpose"], &entry["source"]), (&json!(true), &json!("marketing"), &json!("web_form")));
        assert_eq!((&entry["actor"], &entry["basis"]), (&json!("recipient"), &json!("consent")));
        let id = form["id"].as_str().unwrap();
        let proof = json!({"text": TEXT, "text_version": format!("{id} v1"), "business_name": "Acme", "ip": "127.0.0.1", "language": "en"});
        assert_eq!(entry["proof"], proof);
        // What is no number is said so, and nothing is recorded.
        for wrong in ["", "12", "0171 1234567", "<script>"] {
            let answer = submit(&visitor, &path, wrong, "").await;
            assert_eq!(answer.status, 400, "{wrong}");
            assert!(answer.text.contains("This is not a whole number") && !answer.text.contains("<script>"), "{}", answer.text);
        }
        // Anybody may type any number: an opt-out is not lifted by that.
        tenant.http.post("/v1/consents", &says(2, "marketing", false)).await.expect(201);
        assert_eq!(submit(&visitor, &path, &phone(2), "").await.status, 303);
        assert_eq!(ledger(&tenant, 2).await.len(), 1);
        // Another text is another version, and says so.
        let mut changed = self::form();
        changed["text"] = json!("Acme may write to me on WhatsApp about everything.");
        let second = tenant.http.call(Method::PUT, &format!("/v1/consent-forms/{id}"), Some(&changed), &[]).await.expect(200);
        assert_eq!(second["version"], 2);
        submit(&visitor, &path, &phone(3), "").await;
        assert_eq!(ledger(&tenant, 3).await[0]["proof"]["text_version"], format!("{id} v2"));
        tenant.http.call(Method::DELETE, &format!("/v1/consent-forms/{id}"), None, &[]).await.expect(204);
        assert_eq!((visitor.get(&path).await.status, submit(&visitor, &path, &phone(4), "").await.status), (410, 410));
        assert!(ledger(&tenant, 4).await.is_empty());
        tenant.http.call(Method::DELETE, &format!("/v1/consent-forms/{id}"), None, &[]).await.expect(404);
    }

    async fn a_form_with_a_choice_takes_what_was_chosen_and_may_be_embedded(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let topic = json!({"code": "sales", "category": "marketing", "titles": {"en": "Sales"}});
        tenant.http.post("/v1/topics", &topic).await.expect(201);
        let mut wanted = form();
        wanted["purposes"] = json!(["marketing", "sales"]);
        wanted["embed_origins"] = json!(["https://shop.example"]);
        let form = made(&tenant, &wanted).await;
        let (path, visitor) = (path_of(&form), visitor(&app));
        let page = visitor.get(&path).await;
        assert!(page.text.contains("Sales") && !page.text.contains("checked"), "nothing is agreed to beforehand");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("frame-ancestors https://shop.example;"), "{policy}");
        assert_eq!(page.header("x-frame-options"), None);
        submit(&visitor, &path, &phone(1), "").await;
        assert!(ledger(&tenant, 1).await.is_empty(), "nothing was chosen");
        submit(&visitor, &path, &phone(1), "&purpose=sales&purpose=utility").await;
        let purposes: Vec<Value> = ledger(&tenant, 1).await.iter().map(|each| each["purpose"].clone()).collect();
        assert_eq!(purposes, ["sales"], "only what the form asks for");
    }

    async fn a_double_opt_in_counts_once_it_is_confirmed(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        tenant.http.call(Method::PUT, "/v1/consent-settings", Some(&json!({"marketing": "opt_in"})), &[]).await.expect(200);
        let mut wanted = form();
        wanted["double_opt_in"] = json!(true);
        tenant.http.post("/v1/consent-forms", &wanted).await.expect(400);
        wanted["confirmation"] = json!({"template": {"name": "order_update", "language": "en_US", "variables": ["Ann", "{link}"]}});
        let form = made(&tenant, &wanted).await;
        let (path, visitor) = (path_of(&form), visitor(&app));
        let answer = submit(&visitor, &path, &phone(1), "").await;
        let pending = visitor.get(answer.header("location").unwrap()).await;
        assert!(pending.text.contains("One step is left"), "{}", pending.text);
        assert!(ledger(&tenant, 1).await.is_empty());
        tenant.events_with("consent.pending", 1).await;
        // The link goes to the person, and to nobody else.
        let sent = eventually("the confirmation", async || {
            let list = tenant.http.get(&format!("/v1/messages?to={}", number(1))).await.expect(200);
            list["messages"].as_array().and_then(|all| all.first().cloned())
        })
        .await;
        let message = tenant.message(sent["id"].as_str().unwrap()).await.to_string();
        let link = message.split(&format!("{}/p/", app.http.base)).nth(1).unwrap();
        let link = format!("/p/{}", link.split('"').next().unwrap());
        let page = visitor.get(&link).await;
        assert!(page.text.contains(TEXT) && page.text.contains("Yes, I agree"), "{}", page.text);
        assert!(ledger(&tenant, 1).await.is_empty(), "a look confirms nothing");
        let confirm = async || visitor.raw(Method::POST, &link, "", &[]).await;
        let answer = confirm().await;
        assert_eq!(answer.status, 303);
        assert!(visitor.get(answer.header("location").unwrap()).await.text.contains("Your agreement is recorded"));
        let entries = ledger(&tenant, 1).await;
        let [entry] = entries.as_slice() else { panic!("{entries:?}") };
        assert_eq!((&entry["source"], &entry["actor"]), (&json!("double_opt_in"), &json!("recipient")));
        assert_eq!((&entry["evidence"]["asked_by"], &entry["evidence"]["confirmed_from"]), (&json!("web_form"), &json!("127.0.0.1")));
        assert_eq!(entry["proof"]["text"], TEXT);
        assert_eq!(confirm().await.status, 303);
        assert!(visitor.get(&link).await.text.contains("confirmed already"));
        assert_eq!(ledger(&tenant, 1).await.len(), 1, "once");
        let id = tenant.send(&tenant.marketing(1)).await;
        tenant.until(&id, "read").await;
        // One who is asked again and again is sent no more.
        for _ in 0..5 {
            assert_eq!(submit(&visitor, &path, &phone(5), "").await.status, 303);
        }
        let list = tenant.http.get(&format!("/v1/messages?to={}", number(5))).await.expect(200);
        assert_eq!(list["messages"].as_array().unwrap().len(), 3);
    }

    async fn a_double_opt_in_of_an_app_expires_after_seven_days(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let new = json!({"to": {"phone": phone(1)}, "purposes": ["marketing"], "source": "app", "proof": {"text": TEXT}});
        let begun = tenant.http.post("/v1/opt-ins", &new).await.expect(202);
        let (path, visitor) = (path_of(&begun), visitor(&app));
        assert_eq!(visitor.get(&path).await.status, 200);
        app.clock.advance(Duration::from_secs(7 * 24 * 3_600 + 1));
        for answer in [visitor.get(&path).await, visitor.raw(Method::POST, &path, "", &[]).await] {
            assert_eq!(answer.status, 410);
        }
        assert_eq!(visitor.raw(Method::POST, "/p/main/c/forged", "", &[]).await.status, 404);
        assert!(ledger(&tenant, 1).await.is_empty());
        for (field, value) in [("purposes", json!([])), ("purposes", json!(["unheard"])), ("proof", json!({"ip": "x"}))] {
            let mut bad = new.clone();
            bad[field] = value;
            tenant.http.post("/v1/opt-ins", &bad).await.expect(400);
        }
    }

    async fn a_code_on_a_poster_records_the_grant_from_the_persons_own_number(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut wanted = form();
        wanted["join_text"] = json!("Hello Acme, I want your offers");
        let form = made(&tenant, &wanted).await;
        let id = form["id"].as_str().unwrap();
        let picture = tenant.http.get(&format!("/v1/consent-forms/{id}/qr")).await;
        assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/svg+xml")));
        assert!(picture.text.starts_with("<svg "));
        let unknown = tenant.http.get(&format!("/v1/consent-forms/{id}/qr?sender=%2B4930999")).await.expect(400);
        assert_eq!(unknown["errors"][0]["field"], "sender");
        // The first version's poster hangs on while there is a second one.
        let old = form["code"].as_str().unwrap().to_owned();
        wanted["text"] = json!("Acme may write to me about everything.");
        let second = tenant.http.call(Method::PUT, &format!("/v1/consent-forms/{id}"), Some(&wanted), &[]).await.expect(200);
        tenant.http.post("/v1/consents", &says(1, "marketing", false)).await.expect(201);
        app.clock.advance(Duration::from_secs(5));
        tenant.hears(1, &format!("Hello Acme, I want your offers ({old})"), app.now_us()).await;
        let entry = ledger(&tenant, 1).await[0].clone();
        assert_eq!((&entry["granted"], &entry["source"], &entry["source_detail"]), (&json!(true), &json!("point_of_sale"), &json!(old)));
        assert_eq!((&entry["proof"]["text"], &entry["proof"]["text_version"]), (&json!(TEXT), &json!(format!("{id} v1"))));
        tenant.hears(2, &format!("hi {}", second["code"].as_str().unwrap().to_lowercase()), app.now_us()).await;
        assert_eq!(ledger(&tenant, 2).await[0]["proof"]["text_version"], format!("{id} v2"));
        tenant.hears(3, "hi ABCDEFGH-1", app.now_us()).await;
        assert!(ledger(&tenant, 3).await.is_empty(), "nobody's code");
        tenant.http.call(Method::DELETE, &format!("/v1/consent-forms/{id}"), None, &[]).await.expect(204);
        tenant.hears(4, &format!("({old})"), app.now_us()).await;
        assert!(ledger(&tenant, 4).await.is_empty(), "a closed form's code means nothing");
    }
}

//! Templates that stand in for others at the claim, what the platform has and the catalogue takes in, flags,
//! portfolios, announced changes, and what rules see and decide.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use tidings_domain::time::Timestamp;
use tidings_simulator::{PhoneNumber, Provision, TemplateSpec};
use tidings_tests::both_engines;
use tidings_tests::support::{Http, Storage, Tenant, TestApp, eventually, phone};

use crate::catalogue::{approved, body, colleague, draft, hand_in, intent, logical, rules_of, until};

async fn put(tenant: &Tenant, path: &str, body: Value) -> Value {
    tenant.http.call(Method::PUT, path, Some(&body), &[]).await.expect(200)
}

async fn flags(tenant: &Tenant, flags: Value) {
    put(tenant, "/v1/policy/settings", json!({"quiet_hours": {"enabled": false}, "flags": flags})).await;
}

/// Every decision in a message's timeline: of which event, by which rule, only for the record or not.
async fn decided(tenant: &Tenant, message: &str) -> Vec<(String, String, bool)> {
    let events = tenant.http.get(&format!("/v1/messages/{message}/events")).await.expect(200);
    let of_event = |event: &Value| {
        let kind = event["type"].as_str().unwrap().to_owned();
        let list = event["data"]["decisions"].as_array().cloned().unwrap_or_default();
        list.into_iter().map(move |each| {
            (kind.clone(), each["rule"].as_str().unwrap().to_owned(), each["shadow"] == true)
        })
    };
    events["events"].as_array().unwrap().iter().flat_map(of_event).collect()
}

fn has(decided: &[(String, String, bool)], kind: &str, rule: &str, shadow: bool) -> bool {
    decided.iter().any(|(of, by, only)| of == kind && by == rule && *only == shadow)
}

async fn patch(http: &Http, path: &str, body: &Value) -> tidings_tests::support::Answer {
    http.call(Method::PATCH, path, Some(body), &[]).await
}

async fn pause(http: &Http, tenant: &str) -> String {
    let new = json!({"scope": "tenant", "id": tenant, "reason": "for a while"});
    http.post("/v1/pauses", &new).await.expect(201)["id"].as_str().unwrap().to_owned()
}

async fn lift(http: &Http, pause: &str) {
    let path = format!("/v1/pauses/{pause}");
    assert!(http.call(Method::DELETE, &path, None, &[]).await.status < 300);
}

fn sent_template(message: &Value) -> (&str, &str) {
    let template = &message["content"]["template"];
    let value = &template["components"][0]["parameters"][0]["text"];
    (template["name"].as_str().unwrap_or_default(), value.as_str().unwrap_or_default())
}

both_engines! {
    async fn what_waits_goes_with_the_substitute(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let (author, other) = (&tenant.http, &colleague(&tenant).await);
        let variables = json!([{"name": "first_name", "sample": "Ada"}]);
        let plain = logical(author, "parcel_plain", &json!({"variables": variables})).await;
        approved(author, other, &plain, "en_US", &body("Dear {{1}}, your parcel has left our house.", &[])).await;
        let settings = json!({"substitute": "parcel_plain", "variables": variables});
        let template = logical(author, "parcel_left", &settings).await;
        let words = body("Hello {{1}}, your parcel has left and will be with you soon.", &[]);
        let version = approved(author, other, &template, "en_US", &words).await;
        let event = |word: &str| {
            app.simulator.template_event(app.now_us(), &tenant.business_id, "parcel_left", "en_US", word)
        };
        let values = json!({"first_name": "Ann"});

        // Paused by the platform, called RED, disabled: each after the message was taken in.
        for (n, (word, state)) in [("PAUSED", "paused"), ("RED", "approved"), ("DISABLED", "disabled")].into_iter().enumerate() {
            let stop = pause(author, &tenant.id).await;
            let id = tenant.send(&intent(n, "parcel_left", "en_US", &values)).await;
            assert_eq!(sent_template(&tenant.message(&id).await).0, "parcel_left");
            if word == "RED" {
                assert!(app.simulator.template_quality(app.now_us(), &tenant.business_id, "parcel_left", "en_US", "RED"));
                tenant.events_with("template.held", 1).await;
            } else {
                assert!(event(word));
                until(author, &version, state).await;
            }
            lift(author, &stop).await;
            let message = tenant.until(&id, "read").await;
            assert_eq!(sent_template(&message), ("parcel_plain", "Ann"), "{word}: {message}");
            let found = decided(&tenant, &id).await;
            assert!(has(&found, "message.submitting", "template.substituted", false), "{word}: {found:?}");
            assert!(!has(&found, "message.accepted", "template.substituted", false), "{word}: {found:?}");
            if word == "RED" {
                assert!(app.simulator.template_quality(app.now_us(), &tenant.business_id, "parcel_left", "en_US", "GREEN"));
                tenant.events_with("template.released", 1).await;
            } else if word == "PAUSED" {
                assert!(event("APPROVED"));
                until(author, &version, "approved").await;
            }
        }
        let explained = author.get("/v1/messages?limit=1").await.expect(200);
        let id = explained["messages"][0]["id"].as_str().unwrap();
        let explained = author.get(&format!("/v1/messages/{id}/explain")).await.expect(200);
        assert!(explained.to_string().contains("substitute"), "{explained}");
    }

    async fn what_cannot_be_replaced_waits_or_ends(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let (author, other) = (&tenant.http, &colleague(&tenant).await);
        let plain = logical(author, "parcel_plain", &json!({"variables": [{"name": "place", "sample": "Rome"}]})).await;
        approved(author, other, &plain, "en_US", &body("Your parcel is in {{1}} now, and on its way.", &[])).await;
        let settings = json!({"substitute": "parcel_plain", "variables": [{"name": "first_name", "sample": "Ada"}]});
        let template = logical(author, "parcel_left", &settings).await;
        let words = body("Hello {{1}}, your parcel has left and will be with you soon.", &[]);
        let version = approved(author, other, &template, "en_US", &words).await;
        let event = |word: &str| {
            app.simulator.template_event(app.now_us(), &tenant.business_id, "parcel_left", "en_US", word)
        };
        // The substitute wants a value that the message does not have: a held one waits, a disabled one ends.
        let stop = pause(author, &tenant.id).await;
        let id = tenant.send(&intent(1, "parcel_left", "en_US", &json!({"first_name": "Ann"}))).await;
        assert!(app.simulator.template_quality(app.now_us(), &tenant.business_id, "parcel_left", "en_US", "RED"));
        tenant.events_with("template.held", 1).await;
        lift(author, &stop).await;
        tenant.until_event(&id, "message.deferred").await;
        assert!(has(&decided(&tenant, &id).await, "message.deferred", "template.held", false));
        assert!(event("DISABLED"));
        until(author, &version, "disabled").await;
        app.clock.advance(Duration::from_secs(90));
        let denied = tenant.until(&id, "denied").await;
        assert_eq!(sent_template(&denied), ("parcel_left", "Ann"));
        let found = decided(&tenant, &id).await;
        assert!(has(&found, "message.denied", "template.not_approved", false), "{found:?}");
    }

    async fn what_the_platform_has_is_taken_in(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let adopt = async |body: Value| tenant.http.post("/v1/templates/catalogue/adopt", &body).await;
        rules_of(&tenant, &json!({"naming": ["order_*", "spring_*", "login_*"], "required_tags": ["team"]})).await;
        let report = adopt(json!({"names": ["order_update", "nowhere"]})).await.expect(200);
        let skipped: Vec<&str> =
            report["skipped"].as_array().unwrap().iter().map(|each| each["code"].as_str().unwrap()).collect();
        assert_eq!((skipped, &report["adopted"]), (vec!["template.unknown", "template.tag_missing"], &json!([])));
        let report = adopt(json!({"names": ["order_update"], "tags": {"team": "shop"}, "owner": "Ops"})).await.expect(200);
        let made = &report["adopted"][0];
        assert_eq!((&made["name"], &made["category"], &made["languages"]), (&json!("order_update"), &json!("utility"), &json!(["en_US"])));
        let shown = tenant.http.get(&format!("/v1/templates/catalogue/{}", made["id"].as_str().unwrap())).await.expect(200);
        let version = &shown["versions"][0];
        assert_eq!((&version["state"], &version["provider_name"], &version["version"]), (&json!("approved"), &json!("order_update"), &json!(1)));
        assert_eq!((&shown["tags"]["team"], &shown["owner"]), (&json!("shop"), &json!("Ops")));

        // Sending by the name goes on as before, and by another language of the chain now too.
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "read").await;
        let mut austrian = tenant.utility(2);
        austrian["template"]["language"] = json!("de_AT");
        assert!(tenant.http.post("/v1/messages", &austrian).await.status >= 400);
        rules_of(&tenant, &json!({"default_language": "en_US"})).await;
        let id = tenant.send(&austrian).await;
        tenant.until(&id, "read").await;
        assert!(has(&decided(&tenant, &id).await, "message.accepted", "template.language_fallback", false));

        // The rest, of one account; then there is nothing left. The platform's word moves what was adopted.
        let report = adopt(json!({"account": tenant.account})).await.expect(200);
        assert!(report["adopted"].as_array().unwrap().len() >= 2, "{report}");
        assert_eq!(report["skipped"], json!([]), "{report}");
        let again = adopt(json!({})).await.expect(200);
        assert_eq!((&again["adopted"], &again["skipped"]), (&json!([]), &json!([])));
        assert!(app.simulator.template_event(app.now_us(), &tenant.business_id, "order_update", "en_US", "PAUSED"));
        until(&tenant.http, version["id"].as_str().unwrap(), "paused").await;
        adopt(json!({"account": "acc_01k9h3c4v8e2xt7m5q0w6r1yza"})).await.expect(404);
    }

    async fn flags_gate_variants_and_templates(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let (author, other) = (&tenant.http, &colleague(&tenant).await);
        flags(&tenant, json!({})).await;
        let variants = json!([{"name": "main", "weight": 1}, {"name": "b", "weight": 1, "flag": "new-tone"}]);
        let template = logical(author, "parcel_left", &json!({"variants": variants})).await;
        approved(author, other, &template, "en_US", &body("Your parcel has left our house today.", &[])).await;
        let arm = json!({"language": "en_US", "variant": "b", "definition": body("Good news, your parcel has left us today.", &[])});
        let path = format!("/v1/templates/catalogue/{template}/versions");
        let arm = author.post(&path, &arm).await.expect(201)["id"].as_str().unwrap().to_owned();
        hand_in(author, other, &arm).await;
        until(author, &arm, "approved").await;
        let all_flagged = json!({"variants": [{"name": "b", "flag": "new-tone"}]});
        let refused = patch(author, &format!("/v1/templates/catalogue/{template}"), &all_flagged).await;
        assert!(refused.text.contains("variants.all_flagged"), "{}", refused.text);

        // Off: everybody gets the main one, and the timeline says who would have got the other.
        let send = async |to: usize| {
            let id = tenant.send(&intent(to, "parcel_left", "en_US", &Value::Null)).await;
            let message = tenant.message(&id).await;
            let shadowed = has(&decided(&tenant, &id).await, "message.accepted", "template.variant", true);
            (message["content"]["template"]["name"].as_str().unwrap().to_owned(), shadowed)
        };
        let mut would = Vec::new();
        for to in 0..12 {
            let (name, shadowed) = send(to).await;
            assert_eq!(name, "parcel_left");
            would.push(shadowed);
        }
        assert!(would.contains(&true) && would.contains(&false), "{would:?}");
        // On: exactly those get it.
        flags(&tenant, json!({"new-tone": true})).await;
        for (to, would) in would.into_iter().enumerate() {
            let (name, shadowed) = send(to).await;
            assert_eq!((name.as_str(), shadowed), (if would { "parcel_left_b" } else { "parcel_left" }, false));
        }

        // A whole template behind a flag: without a substitute it is denied, with one that goes.
        let trial = logical(author, "parcel_trial", &json!({"flag": "trial"})).await;
        approved(author, other, &trial, "en_US", &body("A new way to say that your parcel has left.", &[])).await;
        let denied = author.post("/v1/messages", &intent(1, "parcel_trial", "en_US", &Value::Null)).await.expect(202);
        assert_eq!((&denied["status"], &denied["reason"]), (&json!("denied"), &json!("template.flag_off")));
        patch(author, &format!("/v1/templates/catalogue/{trial}"), &json!({"substitute": "parcel_left"})).await.expect(200);
        let id = tenant.send(&intent(1, "parcel_trial", "en_US", &Value::Null)).await;
        let found = decided(&tenant, &id).await;
        assert!(has(&found, "message.accepted", "template.behind_flag", true), "{found:?}");
        assert!(has(&found, "message.accepted", "template.substituted", false), "{found:?}");
        flags(&tenant, json!({"trial": true})).await;
        let id = tenant.send(&intent(1, "parcel_trial", "en_US", &Value::Null)).await;
        tenant.until(&id, "read").await;
        assert_eq!(sent_template(&tenant.message(&id).await).0, "parcel_trial");
    }

    async fn a_draft_is_tried_before_it_is_kept(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let variables = json!([{"name": "first_name", "sample": "Ada"}]);
        let template = logical(&tenant.http, "parcel_left", &json!({"variables": variables})).await;
        let path = format!("/v1/templates/catalogue/{template}/preview");
        let tried = json!({"language": "en_US", "definition": body("Hello {{1}}, your parcel has left us today.", &[])});
        let shown = tenant.http.post(&path, &tried).await.expect(200);
        assert_eq!(shown["preview"]["body"], "Hello Ada, your parcel has left us today.");
        assert_eq!((&shown["refused"], &shown["problems"]), (&json!(false), &json!([])));
        let tried = json!({"language": "en_US", "definition": body("Hello {{2}} and {{1}", &[]), "values": {"first_name": "Ann"}});
        let shown = tenant.http.post(&path, &tried).await.expect(200);
        assert_eq!(shown["refused"], true);
        assert!(shown["findings"][0]["pointer"].as_str().unwrap().starts_with("/components/0"), "{shown}");
        let versions = tenant.http.get(&format!("/v1/templates/catalogue/{template}")).await.expect(200);
        assert_eq!(versions["versions"], json!([]), "nothing is stored");
        draft(&tenant.http, &template, "en_US", &body("Hello {{1}}, your parcel has left us today.", &[])).await;
    }

    async fn a_limit_is_a_portfolios(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let limit = json!({"recipients_per_day": 2, "authentication_percent": 0});
        put(&tenant, "/v1/policy/settings", json!({"quiet_hours": {"enabled": false}, "messaging_limit": limit})).await;
        let other = second_account(&tenant, "10900", "20900", "+12025550900").await;
        let from = |to: usize, sender: &str| {
            let mut intent = tenant.utility(to);
            intent["from"] = json!(sender);
            intent
        };
        // Each account is a portfolio of its own until somebody says otherwise.
        for (to, sender) in [(1, &tenant.sender), (2, &tenant.sender), (3, &other.1), (4, &other.1)] {
            let id = tenant.send(&from(to, sender)).await;
            tenant.until(&id, "read").await;
        }
        let id = tenant.send(&from(5, &other.1)).await;
        tenant.until(&id, "scheduled").await;
        let shown = tenant.http.get("/v1/policy/settings").await.expect(200);
        let limits = shown["messaging_limits"].as_array().unwrap();
        let reached: Vec<_> = limits.iter().map(|limit| (limit["reached"].as_u64(), limit["portfolio"].is_null())).collect();
        assert_eq!(reached, [(Some(2), true), (Some(2), true)]);

        // The provider says to which portfolio the one belongs; the other is named by hand.
        let health = tenant.http.get(&format!("/v1/accounts/{}/health", tenant.account)).await.expect(200);
        let portfolio = health["portfolio"].as_str().expect("the simulated platform says so").to_owned();
        let named = patch(&tenant.http, &format!("/v1/accounts/{}", other.0), &json!({"portfolio": portfolio})).await.expect(200);
        assert_eq!(named["portfolio"], json!(portfolio));
        let shown = tenant.http.get("/v1/policy/settings").await.expect(200);
        let limits = shown["messaging_limits"].as_array().unwrap();
        assert_eq!(limits.len(), 1, "{limits:?}");
        assert_eq!((&limits[0]["reached"], &limits[0]["portfolio"]), (&json!(4), &json!(portfolio)));
        assert_eq!(shown["messaging_limit"], limits[0]);
        let id = tenant.send(&from(6, &tenant.sender)).await;
        tenant.until(&id, "scheduled").await;
        // Who was reached by one is reached for both.
        let id = tenant.send(&from(3, &tenant.sender)).await;
        tenant.until(&id, "read").await;
        let listed = tenant.http.get("/v1/accounts").await.expect(200);
        assert!(listed["accounts"].as_array().unwrap().iter().all(|account| account["portfolio"] == json!(portfolio)));
        patch(&tenant.http, &format!("/v1/accounts/{}", other.0), &json!({"portfolio": "not one"})).await.expect(400);
    }

    async fn an_announced_change_takes_effect_on_its_day(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        put(&tenant, "/v1/policy/settings", json!({})).await;
        let path = "/v1/policy/packs?upcoming=true&at=2023-08-01T00:00:00Z";
        let seen = tenant.http.get(path).await.expect(200);
        assert_eq!(seen["packs"], json!([]));
        let change = &seen["changes"][0];
        assert_eq!((&change["country"], &change["on"], &change["areas"]), (&json!("US"), &json!("2023-10-01"), &json!(["CT"])));
        let touched = &change["touches"][0];
        assert_eq!((&touched["tenant"], touched["spared"].is_null()), (&json!(tenant.id), true));
        assert_eq!(touched["templates"], json!([{"name": "spring_offer", "messages": 0}]));
        assert_eq!(touched["senders"][0]["id"], json!(tenant.sender));
        put(&tenant, "/v1/policy/settings", json!({"quiet_hours": {"enabled": false}})).await;
        let seen = tenant.http.get(path).await.expect(200);
        assert_eq!(seen["changes"][0]["touches"][0]["spared"], "quiet hours are off");
        // Whoever runs the installation sees the tenants for whom it acts.
        let all = app.installation.get("/v1/tenants/policy-changes?at=2025-01-01T00:00:00Z").await.expect(200);
        let block = all["changes"].as_array().unwrap().iter().find(|change| change["on"] == "2025-04-01").expect("the block");
        assert_eq!(block["what"], json!({"rule_begins": {"rule": "marketing_blocked"}}));
        assert_eq!(block["touches"][0]["tenant"], json!(tenant.id));
        assert!(tenant.http.get("/v1/tenants/policy-changes").await.status >= 400);

        // On the virtual clock: the day comes, and nobody has to do anything.
        let day = Timestamp::parse("2027-01-31T00:00:00Z").unwrap().micros();
        let to = json!({"phone": "+12125550100"});
        let stop = json!({"to": to, "channel": "whatsapp", "purpose": "marketing", "granted": false, "source": "settings page"});
        tenant.http.post("/v1/consents", &stop).await.expect(201);
        let mut order = tenant.utility(1);
        order["to"] = to.clone();
        if let Ok(wait_us) = u64::try_from(day - app.now_us()) {
            let ahead = tenant.http.get("/v1/policy/packs?upcoming=true").await.expect(200);
            let change = ahead["changes"].as_array().unwrap().iter().find(|change| change["on"] == "2027-01-31");
            assert_eq!(change.expect("it is announced")["what"], json!({"rule_begins": {"rule": "opt_out_of_all"}}));
            let id = tenant.send(&order).await;
            tenant.until(&id, "read").await;
            app.clock.advance(Duration::from_micros(wait_us + 1_000_000));
        }
        let denied = tenant.http.post("/v1/messages", &order).await.expect(202);
        assert_eq!((&denied["status"], &denied["reason"]), (&json!("denied"), &json!("consent.opted_out_of_all")));
        let mut code = tenant.code(1);
        code["to"] = to.clone();
        assert_eq!(tenant.http.post("/v1/messages", &code).await.expect(202)["status"], "accepted");
        // A later agreement to the category goes before, and the tenant may turn the rule off.
        let id = tenant.send(&tenant.utility(7)).await;
        tenant.until(&id, "read").await;
        let agree = json!({"to": to, "channel": "whatsapp", "purpose": "utility", "granted": true, "source": "checkout"});
        app.clock.advance(Duration::from_secs(60));
        tenant.http.post("/v1/consents", &agree).await.expect(201);
        assert_eq!(tenant.http.post("/v1/messages", &order).await.expect(202)["status"], "accepted");
        let again = json!({"purpose": "marketing"});
        let mut stop = stop;
        stop["purpose"] = again["purpose"].clone();
        app.clock.advance(Duration::from_secs(60));
        tenant.http.post("/v1/consents", &stop).await.expect(201);
        assert_eq!(tenant.http.post("/v1/messages", &order).await.expect(202)["status"], "denied");
        put(&tenant, "/v1/policy/settings", json!({"quiet_hours": {"enabled": false}, "opt_out_of_all": false})).await;
        assert_eq!(tenant.http.post("/v1/messages", &order).await.expect(202)["status"], "accepted");
    }

    async fn rules_see_tags_and_consents(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        put(&tenant, "/v1/policy/settings", json!({"quiet_hours": {"enabled": false}})).await;
        tenant.http.post("/v1/topics", &json!({"code": "news", "category": "marketing", "titles": {"en": "News"}})).await.expect(201);
        tenant.http.post("/v1/contact-attributes", &json!({"name": "vip", "type": "boolean"})).await.expect(201);
        let rule = |name: &str, when: &str| json!({"name": name, "when": when, "verdict": "deny", "reason": "Not these."});
        let unknown = tenant.http.post("/v1/policy/rules", &rule("x", "has_consent('weather')")).await;
        assert!(unknown.text.contains("Line 1, column 13") && unknown.text.contains("weather"), "{}", unknown.text);
        unknown.expect(400);
        tenant.http.post("/v1/policy/rules", &rule("vips", "'vip' in contact.tags && category == 'utility'")).await.expect(201);
        tenant.http.post("/v1/policy/rules", &rule("news-only", "category == 'marketing' && !has_consent('news')")).await.expect(201);
        let vip = json!({"to": {"phone": phone(1)}, "attributes": {"vip": true}});
        put_contact(&tenant, &vip).await;
        let denied = tenant.http.post("/v1/messages", &tenant.utility(1)).await.expect(202);
        assert_eq!((&denied["status"], &denied["reason"]), (&json!("denied"), &json!("tenant.vips")));
        let id = tenant.send(&tenant.utility(2)).await;
        tenant.until(&id, "read").await;
        // A whole audience: each by their own tags.
        let mut message = tenant.utility(1);
        message.as_object_mut().unwrap().remove("to");
        let audience = json!({"message": message, "recipients": [phone(1), phone(2), phone(3)]});
        let counts = tenant.http.post("/v1/policy/audience", &audience).await.expect(200);
        assert_eq!((&counts["allow"], &counts["deny"]), (&json!(2), &json!(1)), "{counts}");

        assert_eq!(tenant.http.post("/v1/messages", &tenant.marketing(4)).await.expect(202)["reason"], "tenant.news-only");
        let agree = json!({"to": {"phone": phone(4)}, "channel": "whatsapp", "purpose": "news", "granted": true, "source": "app"});
        tenant.http.post("/v1/consents", &agree).await.expect(201);
        // Asked again at the claim: what is taken back meanwhile counts.
        let stop = pause(&tenant.http, &tenant.id).await;
        let waits = tenant.send(&tenant.marketing(4)).await;
        let mut revoke = agree;
        revoke["granted"] = json!(false);
        app.clock.advance(Duration::from_secs(1));
        tenant.http.post("/v1/consents", &revoke).await.expect(201);
        lift(&tenant.http, &stop).await;
        let denied = tenant.until(&waits, "denied").await;
        assert_eq!(denied["reason"], "tenant.news-only", "{denied}");
    }

    async fn what_rules_decided_is_counted_with_messages(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (tenant, other) = (app.tenant().await, app.tenant_number(1).await);
        put(&tenant, "/v1/policy/settings", json!({"quiet_hours": {"enabled": false}, "caps": [{"category": "utility", "messages": 1, "hours": 24}]})).await;
        let shadow = json!({"name": "try", "when": "category == 'authentication'", "verdict": "deny", "reason": "Tried.", "mode": "shadow"});
        tenant.http.post("/v1/policy/rules", &shadow).await.expect(201);
        tenant.revoke(9, "marketing").await;
        let mut denied = Vec::new();
        for _ in 0..7 {
            denied.push(tenant.send(&tenant.marketing(9)).await);
        }
        for _ in 0..2 {
            tenant.send(&tenant.utility(1)).await;
        }
        let code = tenant.send(&tenant.code(2)).await;
        tenant.until(&code, "delivered|read").await;
        let found = eventually("a deferral", async || {
            let found = tenant.http.get("/v1/policy/decisions").await.expect(200);
            (found["rules"].as_array().unwrap().len() >= 3).then_some(found)
        })
        .await;
        let of = |rule: &str| found["rules"].as_array().unwrap().iter().find(|each| each["rule"] == rule).expect("it decided");
        let opt_out = of("consent.suppressed");
        assert_eq!((&opt_out["verdict"], &opt_out["last_day"], &opt_out["last_week"]), (&json!("deny"), &json!(7), &json!(7)));
        let latest: Vec<&str> = opt_out["latest"].as_array().unwrap().iter().map(|each| each["message"].as_str().unwrap()).collect();
        assert_eq!(latest.len(), 5);
        assert!(latest.iter().all(|id| denied.iter().any(|known| known == id)));
        assert_eq!(of("cap.reached")["verdict"], "defer");
        assert_eq!((&of("tenant.try")["verdict"], &of("tenant.try")["latest"][0]["message"]), (&json!("shadow"), &json!(code)));
        assert_eq!(other.http.get("/v1/policy/decisions").await.expect(200)["rules"], json!([]));
        // Two days on they count for the week alone.
        app.clock.advance(Duration::from_secs(2 * 86_400));
        let found = tenant.http.get("/v1/policy/decisions").await.expect(200);
        let opt_out = found["rules"].as_array().unwrap().iter().find(|each| each["rule"] == "consent.suppressed").unwrap();
        assert_eq!((&opt_out["last_day"], &opt_out["last_week"]), (&json!(0), &json!(7)));
    }
}

async fn put_contact(tenant: &Tenant, contact: &Value) {
    let made = tenant.http.post("/v1/contacts", contact).await;
    assert!(made.status < 300, "{}", made.text);
}

/// A second account of the tenant with a sender: their ids.
async fn second_account(tenant: &Tenant, business: &str, number: &str, address: &str) -> (String, String) {
    tenant.simulator.provision(Provision {
        business_account_id: business.to_owned(),
        access_token: "token-b".to_owned(),
        app_secrets: vec!["secret-b".to_owned()],
        verify_token: "verify-me".to_owned(),
        phone_numbers: vec![PhoneNumber {
            id: number.to_owned(),
            display: address.to_owned(),
            mps: Some(80.0),
        }],
        templates: TemplateSpec::samples(),
        ..Provision::default()
    });
    let account = json!({"provider": "cloud", "business_account_id": business, "access_token": "token-b",
        "app_secret": "secret-b", "verify_token": "verify-me"});
    let account = tenant.http.post("/v1/accounts", &account).await.expect(201);
    let callback = account["callback_path"].as_str().unwrap();
    tenant.simulator.set_callback(business, &format!("{}{callback}", tenant.http.base));
    let sender = json!({"account": account["id"], "channel": "whatsapp", "address": address, "provider_ref": number,
        "messages_per_s": 80});
    let sender = tenant.http.post("/v1/senders", &sender).await.expect(201);
    tenant.http.post("/v1/templates/sync", &json!({"account": account["id"]})).await.expect(200);
    let text = |value: &Value| value["id"].as_str().unwrap().to_owned();
    (text(&account), text(&sender))
}

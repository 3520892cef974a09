//! What may be sent when: quiet hours, caps, the messaging limit and what the platform does not carry.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use tidings_domain::time::Timestamp;
use tidings_tests::both_engines;
use tidings_tests::support::{Storage, Tenant, TestApp, eventually, long, phone};

async fn set(tenant: &Tenant, settings: Value) -> Value {
    tenant.http.call(Method::PUT, "/v1/policy/settings", Some(&settings), &[]).await.expect(200)
}

async fn evaluate(tenant: &Tenant, to: &str, at: &str) -> Value {
    let mut intent = tenant.marketing(1);
    intent["to"] = json!({"phone": to});
    tenant.http.post(&format!("/v1/policy/evaluate?at={at}"), &intent).await.expect(200)
}

fn said<'a>(dry: &'a Value, rule: &str) -> &'a Value {
    let decisions = dry["decisions"].as_array().expect("a list");
    decisions.iter().find(|each| each["rule"] == rule).unwrap_or_else(|| panic!("no {rule} in {dry}"))
}

both_engines! {
    async fn marketing_rests_at_night(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let shown = tenant.http.get("/v1/policy/settings").await.expect(200);
        assert_eq!((shown["version"].as_i64(), &shown["settings"]["quiet_hours"]["enabled"]), (Some(0), &json!(false)));
        let shown = set(&tenant, json!({})).await;
        assert_eq!((shown["version"].as_i64(), &shown["settings"]["quiet_hours"]["enabled"]), (Some(1), &json!(true)));
        let dry = evaluate(&tenant, "+4915112300001", "2026-11-20T23:30:00Z").await;
        assert_eq!((dry["verdict"].as_str(), dry["decided_by"].as_str()), (Some("defer"), Some("quiet_hours.closed")));
        let decision = said(&dry, "quiet_hours.closed");
        assert_eq!(decision["until"], "2026-11-21T08:00:00.000Z");
        assert_eq!(decision["inputs"]["local"][0]["time"], "Sat 00:30");
        assert_eq!(decision["inputs"]["local"][0]["hours"], "09:00-20:00");
        let dry = evaluate(&tenant, "+4915112300001", "2026-11-20T12:00:00Z").await;
        assert_eq!(dry["verdict"], "allow", "{dry}");
        let own = json!({"quiet_hours": {"countries": {"DE": {"every": "14:00-15:00"}, "GB": {"off": true}}}});
        assert_eq!(set(&tenant, own).await["version"], 2);
        let dry = evaluate(&tenant, "+4915112300001", "2026-11-20T12:00:00Z").await;
        assert_eq!(said(&dry, "quiet_hours.closed")["until"], "2026-11-20T13:00:00.000Z");
        assert_eq!(said(&dry, "quiet_hours.closed")["inputs"]["settings"], 2);
        let dry = evaluate(&tenant, "+447400123456", "2026-11-20T02:00:00Z").await;
        assert_eq!(said(&dry, "quiet_hours.off")["verdict"], "allow");
        let utility = format!("/v1/policy/evaluate?at={}", "2026-11-20T02:00:00Z");
        assert_eq!(tenant.http.post(&utility, &tenant.utility(1)).await.expect(200)["verdict"], "allow");
    }

    async fn a_message_waits_for_the_morning(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        // An hour a day, and it is not now.
        let hour = (app.now_us() / 3_600_000_000 + 3) % 24;
        let open = format!("{hour:02}:00-{hour:02}:59");
        set(&tenant, json!({"quiet_hours": {"countries": {"DE": {"every": open}}, "default_zone": "UTC"}})).await;
        let id = tenant.send(&tenant.marketing(1)).await;
        let message = tenant.until(&id, "scheduled").await;
        let until = &said(&message, "quiet_hours.closed")["until"];
        let until = Timestamp::parse(until.as_str().unwrap()).unwrap().micros();
        assert_eq!(app.simulator.counts().submissions, 0);
        let wait_us = u64::try_from(until - app.now_us()).unwrap();
        assert!(wait_us <= 24 * 3_600_000_000, "the hour comes once a day");
        app.clock.advance(Duration::from_micros(wait_us + 1_000_000));
        tenant.until(&id, "read").await;
        tenant.http.get(&format!("/v1/messages/{id}/explain")).await.expect(200);
    }

    async fn a_cap_holds_back_what_is_too_much(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let caps = json!([{"category": "marketing", "messages": 2, "hours": 24}]);
        set(&tenant, json!({"quiet_hours": {"enabled": false}, "caps": caps})).await;
        for _ in 0..2 {
            let id = tenant.send(&tenant.marketing(1)).await;
            tenant.until(&id, "read").await;
        }
        let third = tenant.send(&tenant.marketing(1)).await;
        let other = tenant.send(&tenant.marketing(2)).await;
        let utility = tenant.send(&tenant.utility(1)).await;
        tenant.until(&other, "read").await;
        tenant.until(&utility, "read").await;
        tenant.until(&third, "scheduled").await;
        let dry = tenant.http.post("/v1/policy/evaluate", &tenant.marketing(1)).await.expect(200);
        assert_eq!(dry["decided_by"], "cap.reached", "{dry}");
        app.clock.advance(Duration::from_secs(24 * 3_600 + 60));
        tenant.until(&third, "read").await;
    }

    async fn the_portfolio_reaches_no_more_people_than_it_may(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let limit = json!({"recipients_per_day": 4, "authentication_percent": 25});
        set(&tenant, json!({"quiet_hours": {"enabled": false}, "messaging_limit": limit})).await;
        let mut ids = Vec::new();
        let expires_at = Timestamp::from_micros(app.now_us() + 30 * 3_600_000_000).to_string();
        for n in 0..5 {
            let mut intent = tenant.utility(n);
            intent["expires_at"] = json!(expires_at);
            ids.push(tenant.send(&intent).await);
        }
        eventually("three to arrive and two to wait", async || {
            let mut states = Vec::new();
            for id in &ids {
                states.push(tenant.message(id).await["status"].as_str().unwrap().to_owned());
            }
            let count = |wanted: &str| states.iter().filter(|state| *state == wanted).count();
            (count("read") == 3 && count("scheduled") == 2).then_some(())
        })
        .await;
        let shown = tenant.http.get("/v1/policy/settings").await.expect(200);
        let told = &shown["messaging_limit"];
        assert_eq!((&told["recipients_per_day"], &told["for_others"], &told["reached"]), (&json!(4), &json!(3), &json!(3)));
        // Who was reached may be written to again; an open window is free.
        let again = tenant.send(&tenant.utility(0)).await;
        tenant.until(&again, "read").await;
        tenant.hears(8, "Hello", app.now_us()).await;
        let free = tenant.send(&tenant.text(8)).await;
        tenant.until(&free, "read").await;
        app.clock.advance(Duration::from_secs(25 * 3_600));
        let left = eventually("those that waited to end", async || {
            let mut ends = Vec::new();
            for id in &ids {
                ends.push(tenant.message(id).await["status"].as_str().unwrap().to_owned());
            }
            ends.iter().all(|state| state == "read" || state == "expired").then_some(ends)
        })
        .await;
        assert_eq!(left.iter().filter(|state| *state == "read").count(), 5, "a day later there is room: {left:?}");
    }

    async fn marketing_to_the_united_states_is_refused(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let dry = evaluate(&tenant, "+12125550123", "2026-11-20T18:00:00Z").await;
        assert_eq!(dry["decided_by"], "country.us_marketing", "{dry}");
        for elsewhere in ["+14165550123", "+15555550123", "+18765550123"] {
            let dry = evaluate(&tenant, elsewhere, "2026-11-20T18:00:00Z").await;
            assert_eq!(dry["verdict"], "allow", "{elsewhere}: {dry}");
        }
        set(&tenant, json!({"quiet_hours": {"enabled": false}, "us_marketing_blocked": false})).await;
        let dry = evaluate(&tenant, "+12125550123", "2026-11-20T18:00:00Z").await;
        assert_eq!(dry["verdict"], "allow", "{dry}");
    }

    async fn a_tenants_own_rules_act_or_only_watch(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let rule = |name: &str, when: &str, mode: &str| {
            json!({"name": name, "when": when, "verdict": "deny", "reason": "Because.", "mode": mode})
        };
        let shadow = rule("watch", "category == 'marketing' && country == 'DE'", "shadow");
        let shadow = tenant.http.post("/v1/policy/rules", &shadow).await.expect(201);
        assert_eq!(shadow["version"], 1, "{shadow}");
        let id = tenant.send(&tenant.marketing(1)).await;
        let message = tenant.until(&id, "read").await;
        let watched = said(&message, "tenant.watch");
        assert_eq!((&watched["verdict"], &watched["shadow"], &watched["version"]), (&json!("deny"), &json!(true), &json!(1)));
        let gold = rule("gold-only", "has(metadata.tier) && metadata.tier != 'gold'", "enforce");
        tenant.http.post("/v1/policy/rules", &gold).await.expect(201);
        tenant.http.post("/v1/policy/rules", &gold).await.expect(400);
        let mut intent = tenant.marketing(1);
        intent["metadata"] = json!({"tier": "silver"});
        let answer = tenant.http.post("/v1/messages", &intent).await.expect(202);
        assert_eq!((&answer["status"], &answer["reason"]), (&json!("denied"), &json!("tenant.gold-only")));
        intent["metadata"] = json!({"tier": "gold"});
        let id = tenant.send(&intent).await;
        tenant.until(&id, "read").await;
        let listed = tenant.http.get("/v1/policy/rules").await.expect(200);
        assert_eq!(listed["rules"].as_array().unwrap().len(), 2);
        assert!(listed["variables"].as_array().unwrap().iter().any(|each| each["name"] == "local.hour"));
        let path = format!("/v1/policy/rules/{}", shadow["id"].as_str().unwrap());
        tenant.http.call(Method::DELETE, &path, None, &[]).await.expect(204);
        tenant.http.call(Method::DELETE, &path, None, &[]).await.expect(404);
        let mut tried = rule("tried", "category == 'marketing'", "enforce");
        tried["flag"] = json!("new-rules");
        tenant.http.post("/v1/policy/rules", &tried).await.expect(201);
        let off = evaluate(&tenant, &phone(1), "2026-11-20T18:00:00Z").await;
        assert_eq!((&off["verdict"], &said(&off, "tenant.tried")["shadow"]), (&json!("allow"), &json!(true)));
        set(&tenant, json!({"quiet_hours": {"enabled": false}, "flags": {"new-rules": true}})).await;
        let on = evaluate(&tenant, &phone(1), "2026-11-20T18:00:00Z").await;
        assert_eq!((&on["verdict"], &on["decided_by"]), (&json!("deny"), &json!("tenant.tried")));
        let bad = rule("bad", "country == 'DE' && nobody", "enforce");
        let answer = tenant.http.post("/v1/policy/rules", &bad).await.expect(400);
        assert!(answer.to_string().contains("Line 1, column 20"), "{answer}");
    }

    async fn content_is_taken_out_or_refused(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let content = json!({"cards": "scrub", "secrets": "deny", "emails": "shadow", "allowed_domains": ["example.com"]});
        set(&tenant, json!({"quiet_hours": {"enabled": false}, "content": content})).await;
        tenant.hears(1, "Hello", app.now_us()).await;
        let mut intent = tenant.text(1);
        intent["text"] = json!({"body": "Card 4111 1111 1111 1111, mail info@firma.de"});
        let id = tenant.send(&intent).await;
        let message = tenant.until(&id, "read").await;
        let (card, email) = (said(&message, "content.card"), said(&message, "content.email"));
        assert_eq!((&card["verdict"], &card["inputs"]["found"]), (&json!("allow"), &json!(1)));
        assert_eq!((&email["verdict"], &email["shadow"]), (&json!("deny"), &json!(true)));
        let sent = serde_json::to_string(&app.simulator.ledger()).unwrap();
        assert!(!sent.contains("4111 1111"), "the number left");
        intent["text"] = json!({"body": "Your password is Tr0ub4dor&3"});
        let answer = tenant.http.post("/v1/messages", &intent).await.expect(202);
        assert_eq!((&answer["status"], &answer["reason"]), (&json!("denied"), &json!("content.secret")));
        let bad = json!({"content": {"allowed_domains": ["https://example.com/x"]}});
        tenant.http.call(Method::PUT, "/v1/policy/settings", Some(&bad), &[]).await.expect(400);
    }

    async fn an_audience_is_counted_as_it_would_go(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let limit = json!({"recipients_per_day": 10, "authentication_percent": 0});
        set(&tenant, json!({"quiet_hours": {"enabled": false}, "messaging_limit": limit})).await;
        tenant.revoke(3, "marketing").await;
        tenant.revoke(4, "marketing").await;
        let mut message = tenant.marketing(0);
        message.as_object_mut().unwrap().remove("to");
        let mut list: Vec<String> = (0..14).map(phone).collect();
        list.extend(["+12125550123".to_owned(), "nonsense".to_owned(), phone(0)]);
        let asked = json!({"message": message, "recipients": list});
        let report = tenant.http.post("/v1/policy/audience", &asked).await.expect(200);
        let counts = |report: &Value| {
            ["total", "allow", "deny", "defer", "refused", "repeated"].map(|name| report[name].as_u64().unwrap())
        };
        assert_eq!(counts(&report), [16, 10, 3, 2, 1, 1], "{report}");
        let rules: Vec<_> = report["rules"].as_array().unwrap().iter().map(|each| (each["rule"].as_str().unwrap(), each["count"].as_u64().unwrap())).collect();
        for wanted in [("consent.suppressed", 2), ("limit.reached", 2), ("country.us_marketing", 1), ("phone.needs_plus", 1)] {
            assert!(rules.contains(&wanted), "{wanted:?} in {rules:?}");
        }
        assert!(!report.to_string().contains("+49"), "samples name no address");
        // The real run does the same.
        let intents: Vec<Value> = (0..14).map(|n| tenant.marketing(n)).collect();
        tenant.http.post("/v1/messages/batch", &json!({"messages": intents})).await.expect(202);
        eventually("the run to come to rest", async || {
            let page = tenant.http.get("/v1/messages?limit=100").await.expect(200);
            let of = |wanted: &str| page["messages"].as_array().unwrap().iter().filter(|each| each["status"] == wanted).count();
            ((of("read"), of("denied"), of("scheduled")) == (10, 2, 2)).then_some(())
        })
        .await;
        // All contacts: the two who opted out are the ones that are known.
        let report = tenant.http.post("/v1/policy/audience", &json!({"message": message})).await.expect(200);
        assert_eq!((report["total"].as_u64(), report["deny"].as_u64()), (Some(2), Some(2)), "{report}");
        assert!(report["rules"][0]["samples"][0]["contact"].as_str().unwrap().starts_with("con_"));
        let bad = json!({"message": {"template": {"name": "nobody", "language": "en_US"}}, "recipients": [phone(1)]});
        tenant.http.post("/v1/policy/audience", &bad).await.expect(400);
    }

    async fn a_large_audience_is_counted_in_seconds(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let caps = json!([{"category": "marketing", "messages": 2, "hours": 24}]);
        set(&tenant, json!({"caps": caps, "messaging_limit": {"recipients_per_day": 1_000_000}})).await;
        let mut message = tenant.marketing(0);
        message.as_object_mut().unwrap().remove("to");
        let size = if long() { 100_000 } else { 5_000 };
        let list: Vec<String> = (0..size).map(|n| format!("+4915{:09}", 100_000_000 + n)).collect();
        let begun = app.now_us();
        let asked = json!({"message": message, "recipients": list, "at": "2026-11-20T12:00:00Z"});
        let report = tenant.http.post("/v1/policy/audience", &asked).await.expect(200);
        // A release build takes 5 s for 100,000 at most; this one, beside other tests, gets four times as long.
        let took_us = app.now_us() - begun;
        assert!(took_us < 20_000_000, "{size} recipients took {} ms", took_us / 1_000);
        assert_eq!((report["total"].as_u64(), report["allow"].as_u64()), (Some(size), Some(size)), "{report}");
        let asked = json!({"message": message, "recipients": list, "at": "2026-11-20T02:00:00Z"});
        let report = tenant.http.post("/v1/policy/audience", &asked).await.expect(200);
        assert_eq!(report["defer"].as_u64(), Some(size));
        assert_eq!(report["rules"][0]["earliest"], "2026-11-20T08:00:00.000Z", "{}", report["rules"]);
    }

    async fn settings_are_checked_and_kept(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let bad = json!({"quiet_hours": {"default_zone": "Mars/Base"}});
        let answer = tenant.http.call(Method::PUT, "/v1/policy/settings", Some(&bad), &[]).await.expect(400);
        assert!(answer.to_string().contains("quiet_hours.default_zone"), "{answer}");
        set(&tenant, json!({"flags": {"shadow": true}})).await;
        set(&tenant, json!({})).await;
        let history = tenant.http.get("/v1/policy/history").await.expect(200);
        let versions: Vec<_> = history["versions"].as_array().unwrap().iter().map(|each| each["version"].as_i64().unwrap()).collect();
        assert_eq!(versions, [2, 1]);
        let kinds = eventually("both changes in the feed", async || {
            let all = tenant.events().await;
            let kinds: Vec<_> = all.into_iter().filter(|each| each["type"] == "policy.changed").collect();
            (kinds.len() == 2).then_some(kinds)
        })
        .await;
        assert!(kinds[0]["actor"].as_str().unwrap().starts_with("api:"), "{}", kinds[0]);
        let packs = tenant.http.get("/v1/policy/packs").await.expect(200);
        let packs = packs["packs"].as_array().unwrap();
        assert_eq!(packs.len(), 17);
        assert!(packs.iter().all(|pack| pack["hours"][0]["source"].as_str().is_some_and(|source| !source.is_empty())));
    }
}

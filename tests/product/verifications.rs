//! One-time passwords, as an application meets them.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Answer, Storage, Tenant, TestApp, eventually, phone};

async fn start(tenant: &Tenant, number: &str) -> Answer {
    tenant.http.post("/v1/verifications", &json!({"to": {"phone": number}})).await
}

async fn check(tenant: &Tenant, id: &Value, code: &str) -> Value {
    tenant.http.post("/v1/verifications/check", &json!({"id": id, "code": code})).await.expect(200)
}

/// The last code that went to a number, as its owner reads it.
pub async fn code_of(app: &TestApp, number: &str) -> String {
    codes_of(app, number, 1).await.remove(0)
}

/// The codes that went to a number, newest first, once there are so many.
async fn codes_of(app: &TestApp, number: &str, at_least: usize) -> Vec<String> {
    eventually("a code to arrive", async || {
        let sent = app.sent.lock().clone();
        let bodies = sent.iter().rev().filter_map(|body| serde_json::from_slice::<Value>(body).ok());
        let ours = bodies.filter(|body| body["to"].as_str().unwrap().trim_start_matches('+') == &number[1..]);
        let code = |body: Value| {
            Some(body.pointer("/template/components/0/parameters/0/text")?.as_str()?.to_owned())
        };
        let codes: Vec<String> = ours.filter_map(code).collect();
        (codes.len() >= at_least).then_some(codes)
    })
    .await
}

fn wrong(code: &str) -> &'static str {
    if code == "000000" { "111111" } else { "000000" }
}

async fn set(tenant: &Tenant, settings: &Value) {
    tenant.http.call(Method::PUT, "/v1/verifications/settings", Some(settings), &[]).await.expect(200);
}

/// The events about codes, once this kind is among them: the feed may trail what was answered.
async fn until_told(tenant: &Tenant, kind: &str) -> Vec<Value> {
    eventually(kind, async || {
        let events = tenant.events().await;
        let ours = |event: &Value| event["type"].as_str().unwrap().starts_with("verification.");
        let ours: Vec<Value> = events.into_iter().filter(ours).collect();
        ours.iter().any(|event| event["type"] == kind).then_some(ours)
    })
    .await
}

both_engines! {
    async fn the_right_code_approves_once(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let made = start(&tenant, &phone(1)).await.expect(201);
        assert_eq!((made["status"].as_str(), made["attempts_left"].as_i64()), (Some("pending"), Some(5)));
        let code = code_of(&app, &phone(1)).await;
        assert!(code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()));
        let missed = check(&tenant, &made["id"], wrong(&code)).await;
        assert_eq!((missed["valid"].as_bool(), missed["attempts_left"].as_i64()), (Some(false), Some(4)));
        let typed = format!(" {}-{} ", &code[..3], &code[3..]);
        let right = check(&tenant, &made["id"], &typed).await;
        assert_eq!((right["valid"].as_bool(), right["status"].as_str()), (Some(true), Some("approved")));
        let again = check(&tenant, &made["id"], &code).await;
        assert_eq!((again["valid"].as_bool(), again["status"].as_str()), (Some(false), Some("approved")));
        let by_number = json!({"to": {"phone": phone(1)}, "code": code});
        let by_number = tenant.http.post("/v1/verifications/check", &by_number).await.expect(200);
        assert_eq!(by_number["id"], made["id"]);
        let events: Vec<Value> = until_told(&tenant, "verification.approved").await.iter().map(|event| event["type"].clone()).collect();
        assert_eq!(events, ["verification.started", "verification.approved"]);
    }

    async fn a_code_is_for_the_person_alone(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let made = start(&tenant, &phone(1)).await.expect(201);
        let code = code_of(&app, &phone(1)).await;
        let message = made["messages"][0].as_str().unwrap();
        tenant.until(message, "read").await;
        for path in [
            format!("/v1/messages/{message}"),
            format!("/v1/messages/{message}/events"),
            format!("/v1/messages/{message}/explain"),
            format!("/v1/verifications/{}", made["id"].as_str().unwrap()),
            "/v1/events".to_owned(),
        ] {
            let answer = tenant.http.get(&path).await;
            assert_eq!(answer.status, 200, "{path}");
            assert!(!answer.text.contains(&code), "{path} tells the code");
        }
        assert!(!tenant.message(message).await["content"].is_null());
        check(&tenant, &made["id"], &code).await;
        assert!(tenant.message(message).await["content"].is_null(), "what was said is erased with its use");
        let told = json!(until_told(&tenant, "verification.approved").await).to_string();
        assert!(!told.contains(&phone(1)[3..]), "events name no number: {told}");
    }

    async fn too_many_wrong_codes_end_it(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        set(&tenant, &json!({"attempts": 3})).await;
        let made = start(&tenant, &phone(1)).await.expect(201);
        let code = code_of(&app, &phone(1)).await;
        for left in [2, 1, 0] {
            assert_eq!(check(&tenant, &made["id"], wrong(&code)).await["attempts_left"], left);
        }
        let late = check(&tenant, &made["id"], &code).await;
        assert_eq!((late["valid"].as_bool(), late["status"].as_str()), (Some(false), Some("failed")));
        // Ten guesses at once have no more chances than ten in a row.
        let second = start(&tenant, &phone(2)).await.expect(201);
        let code = code_of(&app, &phone(2)).await;
        let guesses = (0..10).map(|_| check(&tenant, &second["id"], wrong(&code)));
        futures_util::future::join_all(guesses).await;
        assert_eq!(check(&tenant, &second["id"], &code).await["status"], "failed");
    }

    async fn a_code_is_good_for_its_time(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let made = start(&tenant, &phone(1)).await.expect(201);
        let code = code_of(&app, &phone(1)).await;
        app.clock.advance(Duration::from_secs(601));
        let late = check(&tenant, &made["id"], &code).await;
        assert_eq!((late["valid"].as_bool(), late["status"].as_str()), (Some(false), Some("expired")));
        let next = start(&tenant, &phone(1)).await.expect(201);
        assert_ne!(next["id"], made["id"]);
        let code = codes_of(&app, &phone(1), 2).await.remove(0);
        let path = format!("/v1/verifications/{}/cancel", next["id"].as_str().unwrap());
        assert_eq!(tenant.http.post(&path, &json!({})).await.expect(200)["status"], "canceled");
        assert_eq!(check(&tenant, &next["id"], &code).await["valid"], false);
    }

    async fn codes_sent_again_are_all_good(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let made = start(&tenant, &phone(1)).await.expect(201);
        let path = format!("/v1/verifications/{}/resend", made["id"].as_str().unwrap());
        let soon = tenant.http.post(&path, &json!({})).await;
        assert_eq!((soon.status, soon.body["code"].as_str()), (429, Some("verification_too_soon")));
        assert!((1..=30).contains(&soon.header("retry-after").unwrap().parse::<i64>().unwrap()));
        app.clock.advance(Duration::from_secs(31));
        assert_eq!(tenant.http.post(&path, &json!({})).await.expect(200)["sends"], 2);
        app.clock.advance(Duration::from_secs(31));
        // Asking anew is asking again.
        let again = start(&tenant, &phone(1)).await.expect(201);
        assert_eq!((&again["id"], again["sends"].as_i64()), (&made["id"], Some(3)));
        let codes = codes_of(&app, &phone(1), 3).await;
        app.clock.advance(Duration::from_secs(31));
        tenant.http.post(&path, &json!({})).await.expect(200);
        app.clock.advance(Duration::from_secs(31));
        let used = tenant.http.post(&path, &json!({})).await;
        assert_eq!(used.body["code"], "verification_resends_used");
        assert_eq!(check(&tenant, &made["id"], codes.last().unwrap()).await["valid"], true, "the first is good");
    }

    async fn limits_say_when_there_is_room(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let windows = json!([
            {"scope": "device", "within_s": 3600, "max": 2}, {"scope": "client_ip", "within_s": 600, "max": 3},
        ]);
        set(&tenant, &json!({"windows": windows})).await;
        let ask = async |n: usize, ip: &str, device: &str| {
            let body = json!({"to": {"phone": phone(n)}, "client_ip": ip, "device": device});
            tenant.http.post("/v1/verifications", &body).await
        };
        ask(100, "203.0.113.1", "a").await.expect(201);
        ask(200, "203.0.113.1", "a").await.expect(201);
        let third = ask(300, "203.0.113.1", "a").await;
        assert_eq!((third.status, third.body["code"].as_str()), (429, Some("verification_limited")));
        assert!(third.text.contains("device"), "{}", third.text);
        let wait: i64 = third.header("retry-after").unwrap().parse().unwrap();
        assert!((3_300..=3_901).contains(&wait), "{wait}");
        ask(300, "203.0.113.1", "b").await.expect(201);
        assert_eq!(ask(400, "203.0.113.1", "c").await.status, 429, "three from one address");
        ask(400, "203.0.113.2", "c").await.expect(201);
        app.clock.advance(Duration::from_secs(3_901));
        ask(500, "203.0.113.1", "a").await.expect(201);
    }

    async fn pumping_of_a_prefix_is_stopped_while_honest_people_pass(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        set(&tenant, &json!({"windows": []})).await;
        let (mut pumped, mut refused, mut honest) = (0, Vec::new(), 0);
        for n in 0..120_u64 {
            let bad = format!("+23276{:06}", (n * 7_919 + 13) % 1_000_000);
            let answer = start(&tenant, &bad).await;
            if answer.status == 201 {
                pumped += 1;
            } else {
                refused.push(answer);
            }
            if n % 8 == 0 {
                let good = format!("+4917{:08}", (n * 104_729_917) % 100_000_000);
                let made = start(&tenant, &good).await.expect(201);
                honest += 1;
                let code = code_of(&app, &good).await;
                assert_eq!(check(&tenant, &made["id"], &code).await["valid"], true);
            }
            app.clock.advance(Duration::from_secs(5));
        }
        assert!(pumped < 50, "{pumped} codes were pumped");
        assert_eq!(honest, 15);
        let last = refused.last().unwrap();
        assert_eq!((last.status, last.body["code"].as_str()), (403, Some("verification_blocked")), "{}", last.text);
        let to_pump = app.sent.lock().iter().filter(|body| String::from_utf8_lossy(body).contains("23276")).count();
        assert!(to_pump < 50, "{to_pump} messages went to the prefix");
        let alerts: Vec<Value> =
            until_told(&tenant, "verification.alert").await.into_iter().filter(|event| event["type"] == "verification.alert").collect();
        assert!((1..=4).contains(&alerts.len()), "people are told, and not flooded: {alerts:?}");
        // Whoever shows that a person asks passes a challenge, but no block.
        let passed = json!({"to": {"phone": "+23276555555"}, "challenge_passed": true});
        assert_eq!(tenant.http.post("/v1/verifications", &passed).await.status, 403);
    }

    async fn figures_tell_how_codes_fare(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (tenant, other) = (app.tenant().await, app.tenant_number(1).await);
        for (number, used) in [("+4915112300300", true), ("+4915112300500", false), ("+33612345678", false)] {
            let made = start(&tenant, number).await.expect(201);
            if used {
                check(&tenant, &made["id"], &code_of(&app, number).await).await;
            }
        }
        let report = tenant.http.get("/v1/verifications/overview?hours=2").await.expect(200);
        assert_eq!((&report["started"], &report["approved"], &report["sends"]), (&json!(3), &json!(1), &json!(3)));
        let countries = json!([
            {"country": "DE", "started": 2, "approved": 1, "sends": 2},
            {"country": "FR", "started": 1, "approved": 0, "sends": 1},
        ]);
        assert_eq!(report["countries"], countries);
        assert_eq!(report["hours"].as_array().unwrap().len(), 2);
        app.clock.advance(Duration::from_secs(3 * 3_600));
        let later = tenant.http.get("/v1/verifications/overview?hours=2").await.expect(200);
        assert_eq!(later["started"], 0, "it is over");
        assert_eq!(tenant.http.get("/v1/verifications/overview").await.expect(200)["started"], 3);
        assert_eq!(other.http.get("/v1/verifications/overview").await.expect(200)["started"], 0);
        tenant.http.get("/v1/verifications/overview?hours=0").await.expect(400);
    }

    async fn lists_come_before_limits(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        set(&tenant, &json!({"windows": [{"scope": "phone", "within_s": 600, "max": 1}], "resend_after_s": 1})).await;
        let list = async |blocked: bool, kind: &str, value: &str| {
            let entry = json!({"blocked": blocked, "kind": kind, "value": value, "reason": "test"});
            tenant.http.post("/v1/verifications/lists", &entry).await
        };
        let entry = list(true, "prefix", "+4915112").await.expect(201);
        assert_eq!(start(&tenant, &phone(1)).await.body["code"], "verification_blocked");
        list(false, "phone", &phone(1)).await.expect(201);
        assert_eq!(start(&tenant, &phone(1)).await.status, 403, "a block beats an exemption");
        let path = format!("/v1/verifications/lists/{}", entry["id"].as_str().unwrap());
        tenant.http.call(Method::DELETE, &path, None, &[]).await.expect(204);
        start(&tenant, &phone(1)).await.expect(201);
        app.clock.advance(Duration::from_secs(2));
        start(&tenant, &phone(1)).await.expect(201);
        for (kind, value) in [("prefix", "+49x"), ("country", "Germany"), ("phone", "1"), ("planet", "earth")] {
            list(true, kind, value).await.expect(400);
        }
        let listed = tenant.http.get("/v1/verifications/lists").await.expect(200);
        assert_eq!(listed["entries"][0]["value"], &phone(1)[1..]);
    }

    async fn what_does_not_fit_is_named(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let put = async |body: Value| {
            tenant.http.call(Method::PUT, "/v1/verifications/settings", Some(&body), &[]).await
        };
        let odd = put(json!({"code_length": 3, "ttl_s": 5})).await;
        assert_eq!((odd.status, odd.body["errors"][0]["field"].as_str()), (400, Some("code_length")));
        put(json!({"code_lenght": 6})).await.expect(400);
        for body in [
            json!({"to": {"phone": "12"}}),
            json!({"to": {"email": "ann@example.com"}}),
            json!({"to": {"phone": phone(1)}, "template": "no_such_template"}),
            json!({"to": {"phone": phone(1)}, "device": ""}),
        ] {
            let answer = tenant.http.post("/v1/verifications", &body).await;
            assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        }
        assert_eq!(app.simulator.counts().submissions, 0);
        tenant.http.post("/v1/verifications/check", &json!({"code": "1"})).await.expect(400);
        let unknown = json!({"to": {"phone": phone(9)}, "code": "123456"});
        tenant.http.post("/v1/verifications/check", &unknown).await.expect(404);
        // An opt-out of codes is honoured, and the answer says that nothing went.
        tenant.revoke(7, "authentication").await;
        let denied = start(&tenant, &phone(7)).await;
        assert_eq!((denied.status, denied.body["code"].as_str()), (403, Some("verification_denied")));
    }
}

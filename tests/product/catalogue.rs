//! The life of a template against the simulated platform: drafted, signed off by a second person, rejected,
//! corrected, approved, paused, judged by its quality, moved to another category, replaced.

use http::Method;
use serde_json::{Value, json};

use tidings_simulator::Faults;
use tidings_tests::both_engines;
use tidings_tests::support::{Database, Http, Program, Storage, Tenant, TestApp, eventually, phone};

pub fn body(text: &str, samples: &[&str]) -> Value {
    let mut body = json!({"type": "BODY", "text": text});
    if !samples.is_empty() {
        body["example"] = json!({"body_text": [samples]});
    }
    json!({"components": [body]})
}

pub async fn logical(http: &Http, name: &str, more: &Value) -> String {
    let mut new = json!({"name": name, "category": "utility"});
    for (key, value) in more.as_object().unwrap() {
        new[key] = value.clone();
    }
    http.post("/v1/templates/catalogue", &new).await.expect(201)["id"].as_str().unwrap().to_owned()
}

/// A second person with a key of their own.
pub async fn colleague(tenant: &Tenant) -> Http {
    let new = json!({"name": "second pair of eyes", "role": "developer"});
    let made = tenant.http.post("/v1/keys", &new).await.expect(201);
    tenant.http.with_token(made["key"].as_str().unwrap())
}

pub async fn draft(http: &Http, template: &str, language: &str, definition: &Value) -> String {
    let new = json!({"language": language, "definition": definition});
    let path = format!("/v1/templates/catalogue/{template}/versions");
    http.post(&path, &new).await.expect(201)["id"].as_str().unwrap().to_owned()
}

async fn step(http: &Http, version: &str, step: &str) -> tidings_tests::support::Answer {
    http.post(&format!("/v1/templates/versions/{version}/steps"), &json!({"step": step})).await
}

pub async fn until(http: &Http, version: &str, state: &str) -> Value {
    eventually(&format!("{version} to be {state}"), async || {
        let found = http.get(&format!("/v1/templates/versions/{version}")).await.expect(200);
        (found["state"] == state).then_some(found)
    })
    .await
}

/// Through both persons' hands to the platform.
pub async fn hand_in(author: &Http, other: &Http, version: &str) {
    step(author, version, "review").await.expect(200);
    step(other, version, "sign_off").await.expect(200);
    step(author, version, "submit").await.expect(200);
}

/// Approved at the platform, and known to whoever sends.
pub async fn approved(
    author: &Http,
    other: &Http,
    template: &str,
    language: &str,
    definition: &Value,
) -> String {
    let version = draft(author, template, language, definition).await;
    hand_in(author, other, &version).await;
    until(author, &version, "approved").await;
    version
}

pub async fn rules_of(tenant: &Tenant, rules: &Value) {
    tenant.http.call(Method::PUT, "/v1/templates/rules", Some(rules), &[]).await.expect(200);
}

pub fn intent(to: usize, name: &str, language: &str, variables: &Value) -> Value {
    json!({"to": {"phone": phone(to)}, "template": {"name": name, "language": language, "variables": variables}})
}

/// The rules of the decisions that a message was accepted with.
async fn decisions(tenant: &Tenant, message: &str) -> Vec<String> {
    let events = tenant.http.get(&format!("/v1/messages/{message}/events")).await.expect(200);
    let first =
        events["events"].as_array().unwrap().iter().find(|event| !event["data"]["decisions"].is_null());
    let list = first.map(|event| event["data"]["decisions"].as_array().cloned().unwrap_or_default());
    list.unwrap_or_default().iter().map(|each| each["rule"].as_str().unwrap().to_owned()).collect()
}

/// The body of the newest event of a kind, once there is one.
async fn told(tenant: &Tenant, kind: &str) -> Value {
    let events = tenant.events_with(kind, 1).await;
    events.iter().rev().find(|event| event["type"] == kind).unwrap()["data"].clone()
}

both_engines! {
    async fn a_template_lives_from_draft_to_archive(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let (author, other) = (&tenant.http, &colleague(&tenant).await);
        let template = logical(author, "parcel_left", &json!({"tags": {"team": "shipping"}})).await;
        let first = draft(author, &template, "en_US", &body("Hello {{1}}, your parcel has left our house.", &["Ada"])).await;

        // Four eyes, and no step out of turn.
        step(author, &first, "submit").await.expect(409);
        step(author, &first, "review").await.expect(200);
        let refused = step(author, &first, "sign_off").await;
        assert!(refused.text.contains("author"), "{}", refused.text);
        refused.expect(409);
        step(other, &first, "sign_off").await.expect(200);

        // Rejected, with the platform's reason.
        app.simulator.set_faults(Faults { template_reject: 1.0, ..Faults::none() });
        step(author, &first, "submit").await.expect(200);
        let rejected = until(author, &first, "rejected").await;
        assert_eq!(rejected["reason"], "TAG_CONTENT_MISMATCH", "{rejected}");
        assert_eq!(rejected["provider_name"], "parcel_left");
        app.simulator.set_faults(Faults::none());

        // Corrected: the same template at the platform, edited in place.
        let second = draft(author, &template, "en_US", &body("Hello {{1}}, your parcel left our house today.", &["Ada"])).await;
        let diff = author.get(&format!("/v1/templates/versions/{second}/diff")).await.expect(200);
        let places: Vec<&str> =
            diff["changes"].as_array().unwrap().iter().map(|change| change["pointer"].as_str().unwrap()).collect();
        assert_eq!(places, ["/components/0/text"]);
        hand_in(author, other, &second).await;
        let live = until(author, &second, "approved").await;
        assert_eq!((&live["provider_name"], &live["provider_id"]), (&rejected["provider_name"], &rejected["provider_id"]));
        let states: Vec<&str> =
            live["history"].as_array().unwrap().iter().map(|step| step["state"].as_str().unwrap()).collect();
        assert_eq!(states, ["draft", "in_review", "signed_off", "submitted", "pending", "approved"]);
        let sent = tenant.send(&intent(1, "parcel_left", "en_US", &json!(["Ann"]))).await;
        tenant.until(&sent, "read").await;

        // A successor of what is approved gets a name of its own; the old text goes out until then.
        let third = draft(author, &template, "en_US", &body("Hello {{1}}, your parcel is on its way to you.", &["Ada"])).await;
        hand_in(author, other, &third).await;
        let live = until(author, &third, "approved").await;
        assert_eq!(live["provider_name"], "parcel_left_v3");
        let sent = tenant.send(&intent(2, "parcel_left", "en_US", &json!(["Ann"]))).await;
        tenant.until(&sent, "read").await;
        assert_eq!(tenant.message(&sent).await["content"]["template"]["name"], "parcel_left_v3");

        // Back: the earlier version is still approved, so it goes out at once.
        let back = author.post(&format!("/v1/templates/versions/{second}/roll-back"), &json!({})).await.expect(200);
        assert_eq!(back["id"], json!(second));
        let sent = tenant.send(&intent(3, "parcel_left", "en_US", &json!(["Ann"]))).await;
        tenant.until(&sent, "read").await;
        assert_eq!(tenant.message(&sent).await["content"]["template"]["name"], "parcel_left");

        // Out of use, and gone at the platform.
        step(author, &third, "archive").await.expect(200);
        let sync = author.post("/v1/templates/sync", &json!({"account": tenant.account})).await.expect(200);
        assert_eq!(sync["total"], 5, "{sync}");
        let stats = author.get("/v1/templates/stats").await.expect(200);
        let stats = &stats["stats"][0];
        assert_eq!((&stats["submitted"], &stats["approved"], &stats["rejected"]), (&json!(3), &json!(2), &json!(1)));
        assert_eq!(stats["reasons"], json!([{"reason": "TAG_CONTENT_MISMATCH", "count": 1}]));
        assert!(tenant.events_with("template.version_moved", 10).await.len() >= 10);
    }

    async fn paused_held_and_drifting_templates_are_replaced(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let (author, other) = (&tenant.http, &colleague(&tenant).await);
        let plain = logical(author, "parcel_plain", &json!({})).await;
        approved(author, other, &plain, "en_US", &body("Your parcel has left our house today.", &[])).await;
        let template = logical(author, "parcel_left", &json!({"substitute": "parcel_plain"})).await;
        let text = body("Your parcel has left our house, we hope you like it.", &[]);
        let version = approved(author, other, &template, "en_US", &text).await;
        let now = || app.now_us();
        let event = |word: &str| app.simulator.template_event(now(), &tenant.business_id, "parcel_left", "en_US", word);
        let send = async |to: usize| {
            let id = tenant.send(&intent(to, "parcel_left", "en_US", &Value::Null)).await;
            tenant.until(&id, "read").await;
            let template = tenant.message(&id).await["content"]["template"]["name"].as_str().unwrap().to_owned();
            (template, decisions(&tenant, &id).await)
        };

        // Paused: the substitute goes, and the timeline says so.
        assert!(event("PAUSED"));
        until(author, &version, "paused").await;
        let dry = author.post("/v1/policy/evaluate", &intent(1, "parcel_left", "en_US", &Value::Null)).await.expect(200);
        assert_eq!((&dry["verdict"], &dry["decisions"][0]["rule"]), (&json!("allow"), &json!("template.substituted")));
        let (sent, rules) = send(1).await;
        assert_eq!(sent, "parcel_plain");
        assert!(rules.contains(&"template.substituted".to_owned()), "{rules:?}");
        assert!(event("APPROVED"));
        until(author, &version, "approved").await;
        assert_eq!(send(2).await.0, "parcel_left");

        // Quality RED: held by itself, and released when it recovers.
        let quality = |score: &str| {
            app.simulator.template_quality(now(), &tenant.business_id, "parcel_left", "en_US", score)
        };
        assert!(quality("RED"));
        assert_eq!(told(&tenant, "template.held").await["target"], "parcel_left");
        assert_eq!(send(3).await.0, "parcel_plain");
        assert!(quality("GREEN"));
        told(&tenant, "template.released").await;
        assert_eq!(send(4).await.0, "parcel_left");

        // Without leave to switch, a paused template waits.
        rules_of(&tenant, &json!({"switch_to_substitute": false})).await;
        assert!(event("PAUSED"));
        until(author, &version, "paused").await;
        let waiting = tenant.send(&intent(5, "parcel_left", "en_US", &Value::Null)).await;
        assert_eq!(decisions(&tenant, &waiting).await.last().map(String::as_str), Some("template.paused"));
        assert!(event("APPROVED"));
        until(author, &version, "approved").await;

        // Another category: an event with what it costs.
        app.simulator.template_category(now(), &tenant.business_id, "parcel_left", "en_US", "MARKETING", true);
        told(&tenant, "template.category_announced").await;
        app.simulator.template_category(now(), &tenant.business_id, "parcel_left", "en_US", "MARKETING", false);
        let data = told(&tenant, "template.category_drifted").await;
        assert_eq!((&data["from"], &data["to"]), (&json!("utility"), &json!("marketing")), "{data}");
        let india = data["rates"].as_array().unwrap().iter().find(|rate| rate["market"] == "IN").unwrap();
        assert_eq!(india["times"], 8.4);
        assert!(event("DISABLED"));
        until(author, &version, "disabled").await;
    }

    async fn languages_variables_variants_and_plain_texts(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let (author, other) = (&tenant.http, &colleague(&tenant).await);
        rules_of(&tenant, &json!({"language_fallbacks": {"de": ["en"]}, "default_language": "pt_BR"})).await;
        let settings = json!({
            "variables": [{"name": "first_name", "sample": "Ada", "fallback": "you", "max_chars": 10},
                {"name": "parcels", "type": "number", "sample": "2"}],
            "variants": [{"name": "main", "weight": 1}, {"name": "b", "weight": 1}],
            "fallback_texts": [{"text": "{{parcels}} parcels are on their way."},
                {"language": "ar", "text": "طرودك في الطريق"}],
        });
        let template = logical(author, "parcels_left", &settings).await;
        // Nothing is at the platform yet: plain text, which free text's own rule then judges.
        let early = author.post("/v1/messages", &intent(1, "parcels_left", "fr", &json!({"parcels": 2}))).await.expect(202);
        assert_eq!(early["reason"], "window.closed");
        tenant.hears(2, "Hello", app.now_us()).await;
        let plain = tenant.send(&intent(2, "parcels_left", "fr", &json!({"parcels": 2}))).await;
        tenant.until(&plain, "read").await;
        assert!(decisions(&tenant, &plain).await.contains(&"template.fallback_text".to_owned()));

        // The definition must have a place for each declared variable; samples come from the declaration.
        let path = format!("/v1/templates/catalogue/{template}/versions");
        let short = json!({"language": "pt_BR", "definition": body("Olá {{1}}, seu pedido saiu da nossa loja.", &[])});
        let refused = author.post(&path, &short).await;
        assert!(refused.text.contains("declared variables"), "{}", refused.text);
        refused.expect(400);
        let words = |greeting: &str| body(&format!("{greeting} {{{{1}}}}, {{{{2}}}} parcels have left our house for you today."), &[]);
        approved(author, other, &template, "en", &words("Hello")).await;
        let arm = json!({"language": "en", "variant": "b", "definition": words("Good day")});
        let arm = author.post(&path, &arm).await.expect(201)["id"].as_str().unwrap().to_owned();
        hand_in(author, other, &arm).await;
        assert_eq!(until(author, &arm, "approved").await["provider_name"], "parcels_left_b");

        // de_AT → de → en, by the tenant's chain; the same person always gets the same arm.
        let mut arms = std::collections::BTreeMap::new();
        for to in 10..30 {
            let send = async || {
                let id = tenant.send(&intent(to, "parcels_left", "de_AT", &json!({"parcels": 3}))).await;
                let rules = decisions(&tenant, &id).await;
                assert!(rules.contains(&"template.language_fallback".to_owned()), "{rules:?}");
                tenant.message(&id).await["content"]["template"]["name"].as_str().unwrap().to_owned()
            };
            let first = send().await;
            assert_eq!(send().await, first, "the arm changed for {to}");
            *arms.entry(first).or_insert(0) += 1;
        }
        assert_eq!(arms.len(), 2, "{arms:?}");

        // A malformed message cannot be made.
        for (variables, code) in [
            (json!({"first_name": "Ann"}), "template.variable_missing"),
            (json!({"first_name": "Ann", "parcels": "many"}), "template.variable_type"),
            (json!({"first_name": "Bartholomew", "parcels": 1}), "template.variable_type"),
            (json!({"parcels": 1, "colour": "red"}), "template.variable_unknown"),
            (json!("Ann"), "template.variables_form"),
        ] {
            let refused = author.post("/v1/messages", &intent(40, "parcels_left", "en", &variables)).await;
            assert!(refused.text.contains(code), "{variables}: {}", refused.text);
            refused.expect(400);
        }
    }

    async fn refusals_overrides_and_what_happens_by_itself(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let (author, other) = (&tenant.http, &colleague(&tenant).await);
        rules_of(&tenant, &json!({"naming": ["ship_*"], "required_tags": ["team"], "resubmit_corrected": true})).await;
        for (name, tags, code) in [
            ("parcel", json!({"team": "a"}), "template.naming"),
            ("ship_parcel", json!({}), "template.tag_missing"),
            ("Ship", json!({"team": "a"}), "template.name"),
        ] {
            let new = json!({"name": name, "category": "utility", "tags": tags});
            let refused = author.post("/v1/templates/catalogue", &new).await;
            assert!(refused.text.contains(code), "{name}: {}", refused.text);
            refused.expect(400);
        }
        other.call(Method::PUT, "/v1/templates/rules", Some(&json!({})), &[]).await.expect(403);
        let template = logical(author, "ship_parcel", &json!({"tags": {"team": "a"}})).await;
        author.post("/v1/templates/catalogue", &json!({"name": "ship_parcel", "category": "utility", "tags": {"team": "a"}}))
            .await
            .expect(409);

        // What the linter refuses is refused with rule and place, and only an administrator overrides it.
        let path = format!("/v1/templates/catalogue/{template}/versions");
        let bad = body("Your parcel has left our house, dear {{1}}", &["Ada"]);
        let mut new = json!({"language": "en_US", "definition": bad});
        let refused = author.post(&path, &new).await.expect(400);
        assert_eq!(refused["errors"][0]["code"], "variable.edge");
        assert_eq!(refused["errors"][0]["field"], "definition/components/0/text");
        assert!(refused["errors"][0]["detail"].as_str().unwrap().contains("character 37"), "{refused}");
        new["override_lint"] = json!(true);
        other.post(&path, &new).await.expect(403);
        let overridden = author.post(&path, &new).await.expect(201);
        assert!(overridden["overridden_by"].as_str().unwrap().starts_with("api:key_"), "{overridden}");
        told(&tenant, "template.lint_overridden").await;
        let lint = author.post("/v1/templates/lint", &json!({"name": "x"})).await.expect(200);
        assert_eq!(lint["refused"], true);

        // The platform refuses it as well; a mechanical correction follows by itself and is approved.
        let first = overridden["id"].as_str().unwrap();
        step(author, first, "review").await.expect(200);
        step(other, first, "sign_off").await.expect(200);
        assert_eq!(step(author, first, "submit").await.status, 502);
        let rejected = until(author, first, "rejected").await;
        assert_eq!(rejected["reason"], "REFUSED_100");
        told(&tenant, "template.resubmitted").await;
        let versions = eventually("the corrected copy", async || {
            let found = author.get(&format!("/v1/templates/catalogue/{template}")).await.expect(200);
            (found["versions"][0]["state"] == "approved").then(|| found["versions"].clone())
        })
        .await;
        assert_eq!((&versions[0]["automatic"], &versions[0]["version"]), (&json!(true), &json!(2)));
        assert_eq!(versions[0]["definition"]["components"][0]["text"], "Your parcel has left our house, dear {{1}}.");

        // A sample of a header goes up and its handle is taken.
        let sample = format!("/v1/templates/samples?account={}", tenant.account);
        let handle = author.raw(Method::POST, &sample, "\u{89}PNG", &[("content-type", "image/png")]).await.expect(201);
        let pictured = json!({"components": [
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle["handle"]]}},
            {"type": "BODY", "text": "This is how your parcel looks."}]});
        let german = approved(author, other, &template, "de", &pictured).await;
        let preview = author.get(&format!("/v1/templates/versions/{german}/preview")).await.expect(200);
        assert_eq!((&preview["header"]["kind"], &preview["body"]), (&json!("image"), &json!("This is how your parcel looks.")));
        author.raw(Method::POST, &sample, "x", &[("content-type", "text/html")]).await.expect(400);
    }
}

/// The same steps from the command line.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_walks_a_version() {
    let database = Database::sqlite();
    let app = TestApp::start(database.storage()).await;
    let tenant = app.tenant().await;
    let other = json!({"name": "other", "role": "developer"});
    let other = tenant.http.post("/v1/keys", &other).await.expect(201)["key"].as_str().unwrap().to_owned();
    let program =
        |key: &str| Program::default().with("TIDINGS_SERVER", &app.http.base).with("TIDINGS_KEY", key);
    let (author, second) = (program(&tenant.key), program(&other));
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, value: &Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, value.to_string()).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let settings = file(
        "settings.json",
        &json!({"tags": {"team": "a"}, "variables": [{"name": "first_name", "sample": "Ada"}]}),
    );
    let definition = file("definition.json", &body("Hello {{1}}, your parcel has left our house.", &[]));
    let made = author
        .json(&[
            "template",
            "create",
            "parcel_left",
            "--category",
            "utility",
            "--settings",
            &settings,
            "--json",
        ])
        .await;
    let id = made["id"].as_str().unwrap();
    let version = author.json(&["template", "draft", id, &definition, "--language", "en_US", "--json"]).await;
    let version = version["id"].as_str().unwrap();
    author.json(&["template", "step", version, "review", "--json"]).await;
    let refused = author.run(&["template", "step", version, "sign_off"]).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("author"), "{refused:?}");
    second.json(&["template", "step", version, "sign_off", "--json"]).await;
    author.json(&["template", "step", version, "submit", "--json"]).await;
    until(&tenant.http, version, "approved").await;
    let preview = author.run(&["template", "preview", version, "--set", "first_name=Ben"]).await;
    assert!(preview.stdout.contains("Hello Ben, your parcel"), "{preview:?}");
    let shown = author.run(&["template", "show", id]).await;
    assert!(shown.stdout.contains("approved") && shown.stdout.contains("parcel_left"), "{shown:?}");
    let stats = author.json(&["template", "stats", "--json"]).await;
    assert_eq!(stats["stats"][0]["approved"], 1, "{stats}");
    let history = author.run(&["template", "version", version]).await;
    assert!(history.stdout.contains("signed_off"), "{history:?}");
    let rules = file("rules.json", &json!({"naming": ["ship_*"]}));
    author.json(&["template", "rules", "--set", &rules, "--json"]).await;
    let refused = author.run(&["template", "create", "parcel_again", "--category", "utility"]).await;
    assert!(refused.stderr.contains("convention"), "{refused:?}");
}

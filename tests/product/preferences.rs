//! The preference centre: what a person sees and changes behind a link of their own.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Answer, Http, Storage, Tenant, TestApp, phone};

use crate::consent::{number, says};

/// A link for a person, as a path.
pub async fn link(tenant: &Tenant, n: usize, language: &str) -> String {
    let new = json!({"to": {"phone": phone(n)}, "language": language});
    let made = tenant.http.post("/v1/preference-links", &new).await.expect(201);
    let (url, path) = (made["url"].as_str().unwrap(), made["path"].as_str().unwrap());
    assert_eq!(url, format!("{}{path}", tenant.http.base));
    path.to_owned()
}

/// Two topics, a business with a name, and somebody who opted out of one topic.
pub async fn set_up(tenant: &Tenant) {
    for (code, english, german, arabic) in [
        ("new", "New arrivals", "Neuheiten", "وصل حديثًا"),
        ("sales", "Sales & <discounts>", "Rabatte", "تخفيضات"),
    ] {
        let titles = json!({"en": english, "de": german, "ar": arabic});
        let topic = json!({"code": code, "category": "marketing", "titles": titles});
        tenant.http.post("/v1/topics", &topic).await.expect(201);
    }
    let settings = json!({"business_name": "Acme Parcels"});
    tenant.http.call(Method::PUT, "/v1/consent-settings", Some(&settings), &[]).await.expect(200);
    tenant.http.post("/v1/consents", &says(1, "sales", false)).await.expect(201);
}

/// A visitor: no key, no redirects followed.
pub fn visitor(app: &TestApp) -> Http {
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    Http { client, base: app.http.base.clone(), token: None }
}

/// The boxes of a page, with whether they are checked.
fn boxes(page: &str) -> Vec<(String, bool)> {
    let part = |each: &str| {
        let name = each.split('"').next().unwrap().to_owned();
        (name, each.split('>').next().unwrap().contains(" checked"))
    };
    page.split("name=\"on\" value=\"").skip(1).map(part).collect()
}

async fn post(visitor: &Http, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body: String = url_encoded(fields);
    visitor.raw(Method::POST, path, body, &[("content-type", "application/x-www-form-urlencoded")]).await
}

fn url_encoded(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", value.replace('&', "%26"))).collect();
    pairs.join("&")
}

async fn ledger(tenant: &Tenant, n: usize) -> Vec<Value> {
    let list = tenant.http.get(&format!("/v1/consents?to={}", number(n))).await.expect(200);
    list["consents"].as_array().unwrap().clone()
}

both_engines! {
    async fn choices_are_shown_changed_and_proved(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        set_up(&tenant).await;
        let (path, visitor) = (link(&tenant, 1, "en").await, visitor(&app));
        assert!(!path.contains(&phone(1)[1..]), "there is nothing of the person in it");
        let page = visitor.get(&path).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains("Acme Parcels") && page.text.contains("Sales &#38; &#60;discounts&#62;"), "{}", page.text);
        assert!(!page.text.contains("<script"));
        let before = boxes(&page.text);
        let on: Vec<bool> = before.iter().map(|(_, on)| *on).collect();
        assert_eq!(on, [true, true, false], "marketing, new arrivals, sales: {before:?}");
        // The person refuses new arrivals and wants sales.
        let mut fields: Vec<(&str, &str)> = before.iter().map(|(name, _)| ("shown", name.as_str())).collect();
        fields.extend([("on", before[0].0.as_str()), ("on", before[2].0.as_str())]);
        let saved = post(&visitor, &path, &fields).await;
        assert_eq!(saved.status, 303, "{}", saved.text);
        let next = saved.header("location").unwrap().to_owned();
        assert!(next.starts_with(&path), "{next}");
        let page = visitor.get(&next).await;
        assert!(page.text.contains("Your choices are saved."));
        assert_eq!(boxes(&page.text).iter().map(|(_, on)| *on).collect::<Vec<_>>(), [true, false, true]);
        let entries = ledger(&tenant, 1).await;
        let said: Vec<_> = entries.iter().map(|each| (each["purpose"].as_str().unwrap(), each["granted"].as_bool().unwrap())).collect();
        assert_eq!(said.len(), 3, "only what changed is written: {said:?}");
        assert!(said.contains(&("new", false)) && said.contains(&("sales", true)), "{said:?}");
        let entry = &entries[0];
        assert_eq!((&entry["source"], &entry["actor"]), (&json!("preference_centre"), &json!("recipient")));
        assert_eq!(entry["proof"]["ip"], "127.0.0.1");
        assert_eq!((&entry["proof"]["business_name"], &entry["proof"]["language"]), (&json!("Acme Parcels"), &json!("en")));
        assert!(entry["proof"]["text"].as_str().unwrap().contains("Choose what Acme Parcels may send you."), "{entry}");
        let mut intent = tenant.marketing(1);
        intent["topic"] = json!("new");
        let denied = tenant.http.post("/v1/messages", &intent).await.expect(202);
        assert_eq!(denied["reason"], "consent.topic_suppressed");
        // The same again changes nothing.
        post(&visitor, &path, &fields).await;
        assert_eq!(ledger(&tenant, 1).await.len(), 3);
        // One button for all of it.
        fields.push(("none", "1"));
        post(&visitor, &path, &fields).await;
        let denied = tenant.http.post("/v1/messages", &tenant.marketing(1)).await.expect(202);
        assert_eq!(denied["reason"], "consent.suppressed");
        let utility = tenant.send(&tenant.utility(1)).await;
        tenant.until(&utility, "read").await;
        let page = visitor.get(&path).await;
        assert!(boxes(&page.text).iter().all(|(_, on)| !on), "{:?}", boxes(&page.text));
    }

    async fn a_forged_or_expired_link_is_a_plain_page_and_changes_nothing(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        set_up(&tenant).await;
        let visitor = visitor(&app);
        let new = json!({"to": {"phone": phone(1)}, "expires_in_s": 60});
        let made = tenant.http.post("/v1/preference-links", &new).await.expect(201);
        let path = made["path"].as_str().unwrap().to_owned();
        let fields = [("shown", "whatsapp.marketing"), ("none", "1")];
        let (head, token) = path.rsplit_once('/').unwrap();
        let flipped = token.strip_prefix('A').map_or_else(|| format!("A{}", &token[1..]), |rest| format!("B{rest}"));
        for forged in [
            format!("{head}/{flipped}"),
            format!("{head}/{}", &token[1..]),
            format!("{head}/x"),
            format!("{head}/{}", "x".repeat(300)),
            format!("{head}/%00"),
            format!("/p/elsewhere/{token}"),
        ] {
            for answer in [visitor.get(&forged).await, post(&visitor, &forged, &fields).await] {
                assert_eq!(answer.status, 404, "{forged}");
                assert!(answer.text.contains("This link is not valid") && answer.text.contains("Nothing was changed"), "{forged}");
                assert!(!answer.text.contains("Acme"), "it tells nothing");
            }
        }
        assert_eq!(visitor.get(&path).await.status, 200);
        app.clock.advance(Duration::from_secs(61));
        for answer in [visitor.get(&path).await, post(&visitor, &path, &fields).await] {
            assert_eq!(answer.status, 410);
            assert!(answer.text.contains("This link has expired"), "{}", answer.text);
        }
        assert_eq!(ledger(&tenant, 1).await.len(), 1, "nothing was changed");
        for (field, value) in [("expires_in_s", json!(5)), ("language", json!("not a language"))] {
            let mut bad = json!({"to": {"phone": phone(1)}});
            bad[field] = value;
            let refused = tenant.http.post("/v1/preference-links", &bad).await.expect(400);
            assert_eq!(refused["errors"][0]["field"], field);
        }
    }

    async fn a_link_is_one_persons_of_one_tenant(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (tenant, other) = (app.tenant().await, app.tenant_number(1).await);
        set_up(&tenant).await;
        let (path, visitor) = (link(&tenant, 2, "en").await, visitor(&app));
        let foreign = json!({"code": "foreign", "category": "marketing", "titles": {"en": "Foreign"}});
        let foreign = other.http.post("/v1/topics", &foreign).await.expect(201);
        let name = format!("whatsapp.{}", foreign["id"].as_str().unwrap());
        let fields = [("shown", name.as_str()), ("on", "whatsapp.unheard"), ("shown", "whatsapp.unheard"), ("shown", "pigeon.marketing")];
        assert_eq!(post(&visitor, &path, &fields).await.status, 303);
        assert!(ledger(&tenant, 2).await.is_empty() && ledger(&other, 2).await.is_empty());
        post(&visitor, &path, &[("shown", "whatsapp.marketing")]).await;
        assert_eq!(ledger(&tenant, 2).await.len(), 1);
        assert!(ledger(&other, 2).await.is_empty(), "the other tenant was told nothing");
        let dry = other.http.post("/v1/policy/evaluate", &other.marketing(2)).await.expect(200);
        assert_eq!(dry["verdict"], "allow");
    }

    async fn the_page_speaks_the_persons_language(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        set_up(&tenant).await;
        let visitor = visitor(&app);
        let path = link(&tenant, 1, "ar").await;
        for (path, header, language, direction, words) in [
            (path.clone(), "de", "ar", "rtl", "وصل حديثًا"),
            (format!("{path}?lang=de"), "fr", "de", "ltr", "Neuheiten"),
            (format!("{path}?lang=he"), "", "he", "rtl", "מבצעים"),
            (format!("{path}?lang=hi"), "", "hi", "ltr", "मेरी पसंद सहेजें"),
            (format!("{path}?lang=klingon"), "fr", "ar", "rtl", "حفظ"),
            ("/p/main/forged".to_owned(), "id-ID,id;q=0.9", "id", "ltr", "Tautan ini tidak berlaku"),
            ("/p/main/forged".to_owned(), "sw,pt;q=0.5", "pt", "ltr", "Este link"),
        ] {
            let answer = visitor.call(Method::GET, &path, None, &[("accept-language", header)]).await;
            let tag = format!("<html lang=\"{language}\" dir=\"{direction}\">");
            assert!(answer.text.contains(&tag), "{path} {header}: {}", &answer.text[..200]);
            assert!(answer.text.contains(words), "{path} {header} {words}");
        }
    }

    async fn nothing_of_the_page_leaves_or_runs(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let (path, visitor) = (link(&tenant, 1, "en").await, visitor(&app));
        for path in [path.as_str(), "/p/main/forged"] {
            let answer = visitor.get(path).await;
            for (name, want) in [
                ("referrer-policy", "no-referrer"),
                ("cache-control", "no-store"),
                ("x-robots-tag", "noindex, nofollow"),
                ("x-frame-options", "DENY"),
                ("x-content-type-options", "nosniff"),
            ] {
                assert_eq!(answer.header(name), Some(want), "{path} {name}");
            }
            let policy = answer.header("content-security-policy").unwrap();
            assert!(policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("script"), "{policy}");
            assert!(answer.header("set-cookie").is_none());
            assert!(!answer.text.contains("http://") && !answer.text.contains("https://"), "nothing from elsewhere");
        }
        let css = visitor.get("/p/page.css").await;
        assert_eq!((css.status, css.header("content-type")), (200, Some("text/css; charset=utf-8")));
        assert_eq!(visitor.get("/p/other.css").await.status, 404);
        let made = tenant.events_with("consent.preference_link_made", 1).await;
        let token = path.rsplit('/').next().unwrap();
        assert!(made.iter().all(|event| !event.to_string().contains(token)), "the log does not know the token");
    }

    async fn what_is_missing_is_refused_before_anything_is_made(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let analyst = tenant.http.post("/v1/keys", &json!({"name": "a", "role": "analyst"})).await.expect(201);
        let analyst = tenant.http.with_token(analyst["key"].as_str().unwrap());
        let new = json!({"to": {"phone": phone(1)}});
        analyst.post("/v1/preference-links", &new).await.expect(403);
        visitor(&app).post("/v1/preference-links", &new).await.expect(401);
        tenant.http.post("/v1/preference-links", &json!({})).await.expect(400);
        tenant.http.post("/v1/preference-links", &json!({"to": {"phone": "12"}})).await.expect(400);
    }

    async fn whoever_comes_too_often_is_asked_to_wait(storage: Storage) {
        let app = TestApp::with(storage, |options| {
            options.public.client_ip_header = Some("x-forwarded-for".to_owned());
        })
        .await;
        let tenant = app.tenant().await;
        let (path, visitor) = (link(&tenant, 1, "de").await, visitor(&app));
        let form = json!({"name": "News", "language": "en", "business_name": "Acme", "text": "Acme may write.", "purposes": ["marketing"]});
        let form = tenant.http.post("/v1/consent-forms", &form).await.expect(201);
        let form = format!("/p/main/f/{}", form["id"].as_str().unwrap());
        let from = |address: &'static str| [("content-type", "application/x-www-form-urlencoded"), ("x-forwarded-for", address)];
        let submit = async |address: &'static str, n: usize| {
            visitor.raw(Method::POST, &form, format!("phone=%2B49151123{n:05}"), &from(address)).await
        };
        let mut answers = Vec::new();
        for n in 0..40 {
            answers.push(submit("198.51.100.7", n).await);
        }
        let refused: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 429).collect();
        assert!((15..=20).contains(&refused.len()), "{} of 40", refused.len());
        assert!(answers[..20].iter().all(|answer| answer.status == 303), "the first ones pass");
        let page = refused[0];
        assert!(page.text.contains("<h1>This did not work</h1>") && page.text.contains("Nothing was changed."), "{}", page.text);
        assert!(page.header("retry-after").is_some_and(|wait| wait.parse::<u32>().unwrap() >= 1));
        assert!(page.header("content-security-policy").is_some() && page.header("cache-control") == Some("no-store"));
        let people = tenant.http.get("/v1/consents?limit=500").await.expect(200);
        assert_eq!(people["consents"].as_array().unwrap().len(), 40 - refused.len(), "what was refused changed nothing");
        assert_eq!(submit("198.51.100.8", 90).await.status, 303, "others are not held up");
        let looked = visitor.raw(Method::GET, &path, "", &from("198.51.100.7")).await;
        assert_eq!(looked.status, 200, "looking is counted apart");
        let chosen = visitor.raw(Method::POST, &path, "none=1", &[&from("198.51.100.7")[..], &[("accept-language", "de")]].concat()).await;
        assert_eq!(chosen.status, 429, "all pages together");
        assert!(chosen.text.contains("lang=\"de\""), "{}", chosen.text);
        assert_eq!(visitor.get("/p/page.css").await.status, 200);
    }
}

//! The console's pages about people and consent, used as a browser without script uses them.

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Answer, Http, Storage, Tenant, TestApp, eventually, phone};

use crate::browser::sign_in;
use crate::consent::number;
use crate::preferences::visitor;

/// Somebody who is signed in.
pub struct Browser {
    http: Http,
    cookie: String,
}

impl Browser {
    pub async fn open(app: &TestApp) -> Self {
        Self { http: visitor(app), cookie: sign_in(app).await }
    }

    async fn get(&self, path: &str) -> Answer {
        self.http.call(Method::GET, path, None, &[("cookie", &self.cookie)]).await
    }

    pub async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    }

    /// The secret of the forms of a page.
    async fn secret(&self, page: &str) -> String {
        let page = self.page(page).await;
        page.split("name=\"csrf\" value=\"").nth(1).expect("a form").split('"').next().unwrap().to_owned()
    }

    /// Submits a form of a page.
    pub async fn submit(&self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let secret = self.secret(page).await;
        let fields: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", secret.as_str())]).collect();
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post(action, body, "application/x-www-form-urlencoded").await
    }

    async fn post(&self, action: &str, body: String, kind: &str) -> Answer {
        let headers = [("cookie", self.cookie.as_str()), ("origin", &self.http.base), ("content-type", kind)];
        self.http.raw(Method::POST, action, body, &headers).await
    }

    /// Hands a table in; where the answer leads to.
    async fn hand_in(&self, kind: &str, table: &str) -> Answer {
        let secret = self.secret("/console/consent/imports").await;
        let part = |name: &str, text: &str| {
            format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let file = format!(
            "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"t.csv\"\r\ncontent-type: text/csv\r\n\r\n{table}\r\n--x--\r\n"
        );
        let body = [part("csrf", &secret), part("kind", kind), part("granted", "yes"), file].concat();
        self.post("/console/consent/imports", body, "multipart/form-data; boundary=x").await
    }
}

pub fn leads_to(answer: &Answer) -> &str {
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.header("location").unwrap()
}

async fn contact(tenant: &Tenant, body: Value) -> String {
    tenant.http.post("/v1/contacts", &body).await.expect(200)["id"].as_str().unwrap().to_owned()
}

both_engines! {
    async fn a_person_is_found_changed_merged_split_and_erased(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let browser = Browser::open(&app).await;
        assert!(browser.page("/console/contacts").await.contains("There is no contact yet"));
        let ada = contact(&tenant, json!({"to": {"phone": phone(1)}, "name": "Ada <Lovelace>"})).await;
        app.clock.advance(std::time::Duration::from_millis(5));
        let mail = contact(&tenant, json!({"to": {"email": "ada@example.com"}})).await;
        let list = browser.page("/console/contacts").await;
        assert!(list.contains("Ada &#60;Lovelace&#62;") && list.contains("ada@example.com"), "{list}");
        for by in [phone(1).as_str(), " ada@example.com ", &mail] {
            let found = browser.submit("/console/contacts", "/console/contacts", &[("find", by)]).await;
            let want = if by == phone(1) { &ada } else { &mail };
            assert_eq!(leads_to(&found), format!("/console/contacts/{want}"), "{by}");
        }
        for (by, words) in [(phone(9), "Nobody is known by this."), ("12".to_owned(), "country code")] {
            let found = browser.submit("/console/contacts", "/console/contacts", &[("find", &by)]).await;
            assert!(found.status == 200 && found.text.contains(words), "{by}: {}", found.text);
        }
        let page = format!("/console/contacts/{ada}");
        let fields = [("name", "Ada"), ("language", "en"), ("zone", "Europe/London")];
        assert_eq!(leads_to(&browser.submit(&page, &format!("{page}/change"), &fields).await), format!("{page}?done=changed"));
        let wrong = browser.submit(&page, &format!("{page}/change"), &[("zone", "Nowhere/Land")]).await;
        assert!(wrong.status == 400 && wrong.text.contains("Europe/Berlin"), "{}", wrong.text);
        let merged = browser.submit(&page, &format!("{page}/merge"), &[("other", "ada@example.com")]).await;
        assert_eq!(leads_to(&merged), format!("{page}?done=merged"));
        let shown = browser.page(&page).await;
        assert!(shown.contains("Split an address off") && shown.contains(&mail), "{shown}");
        let split = browser.submit(&page, &format!("{page}/split"), &[("identity", "email:ada@example.com")]).await;
        let other = leads_to(&split).split('?').next().unwrap().to_owned();
        assert_ne!(other, page);
        let link = browser.submit(&page, &format!("{page}/link"), &[]).await;
        assert!(link.status == 200 && link.text.contains("/p/main/"), "{}", link.text);
        let unsure = browser.submit(&page, &format!("{page}/erase"), &[("word", "perhaps")]).await;
        assert_eq!(unsure.status, 400);
        let erased = browser.submit(&page, &format!("{page}/erase"), &[("word", "Erase")]).await;
        assert_eq!(leads_to(&erased), "/console/contacts?done=erased");
        let gone = browser.page(&page).await;
        assert!(gone.contains("This person was erased") && !gone.contains("Ada") && !gone.contains(&phone(1)), "{gone}");
        assert_eq!(browser.get("/console/contacts/con_01k9h3c4v8e2xt7m5q0w6r1yza").await.status, 404);
    }

    async fn what_was_held_at_a_moment_is_shown(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let browser = Browser::open(&app).await;
        let ada = contact(&tenant, json!({"to": {"phone": phone(1)}})).await;
        for (granted, at) in [(true, "2025-05-03T14:00:00Z"), (false, "2026-02-01T09:30:00Z")] {
            let said = json!({"to": {"phone": phone(1)}, "channel": "whatsapp", "purpose": "marketing", "granted": granted, "at": at,
                "source": "point_of_sale", "source_detail": "fair; stand 3"});
            tenant.http.post("/v1/consents", &said).await.expect(201);
        }
        let page = format!("/console/contacts/{ada}");
        let held = |page: String| page.split("held-title").nth(2).unwrap().split("ledger-title").next().unwrap().to_owned();
        let now = held(browser.page(&page).await);
        assert!(now.contains("revoked") && !now.contains(">granted<"), "{now}");
        let then = held(browser.page(&format!("{page}?at=2025-06-01T00:00&known=now")).await);
        assert!(then.contains(">granted<") && then.contains("point of sale fair; stand 3") && then.contains("2025-06-01 00:00:00 UTC"), "{then}");
        let before = held(browser.page(&format!("{page}?at=2025-06-01T00:00")).await);
        assert!(before.contains("Nothing was said by then"), "nothing was recorded yet: {before}");
        assert_eq!(browser.get(&format!("{page}?at=soon")).await.status, 400);
        assert_eq!(browser.get(&format!("{page}?at=2999-01-01T00:00")).await.status, 400);
    }

    async fn tables_are_handed_in_and_watched(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let browser = Browser::open(&app).await;
        let table = format!("phone,name\r\n{},Ada\r\n12,Nobody\r\n", phone(1));
        let handed = browser.hand_in("contacts", &table).await;
        let page = leads_to(&handed).to_owned();
        let done = eventually("the import's end", async || {
            let shown = browser.page(&page).await;
            shown.contains(">finished<").then_some(shown)
        })
        .await;
        assert!(done.contains("phone.needs_plus") && done.contains("2 of 2 lines read"), "{done}");
        let refused = browser.get(&format!("{page}/refused")).await;
        assert_eq!(refused.header("content-type"), Some("text/csv; charset=utf-8"));
        assert!(refused.text.contains("Nobody"), "{}", refused.text);
        let page = leads_to(&browser.hand_in("consents", &format!("phone\r\n{}\r\n", phone(2))).await).to_owned();
        eventually("the import's end", async || browser.page(&page).await.contains("1 of 1 lines read").then_some(())).await;
        let ledger = tenant.http.get(&format!("/v1/consents?to={}", number(2))).await.expect(200);
        assert_eq!((&ledger["consents"][0]["granted"], &ledger["consents"][0]["source"]), (&json!(true), &json!("import")));
        let wrong = browser.hand_in("contacts", "phone,nickname\r\n1,2\r\n").await;
        assert!(wrong.status == 400 && wrong.text.contains("Column 2 has no name that is known"), "{}", wrong.text);
        let body = format!("--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"t.csv\"\r\n\r\n{table}\r\n--x--\r\n");
        let forged = browser.post("/console/consent/imports", body, "multipart/form-data; boundary=x").await;
        assert_eq!(forged.status, 403, "a form of somebody else's page: {}", forged.text);
        assert!(browser.page("/console/consent/imports").await.contains("<progress"));
    }

    async fn consent_is_looked_after(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let browser = Browser::open(&app).await;
        for n in [1, 2] {
            tenant.hears(n, "how do I stop these messages from you", app.now_us()).await;
        }
        let page = browser.page("/console/consent").await;
        assert!(page.contains("how do I stop these messages from you") && page.contains(&phone(1)), "{page}");
        let actions: Vec<String> = page.split("action=\"").skip(1).map(|each| each.split('"').next().unwrap().to_owned())
            .filter(|action| action.starts_with("/console/consent/reviews/")).collect();
        assert_eq!(actions.len(), 4);
        // The newest stands first: the second person's.
        assert_eq!(leads_to(&browser.submit("/console/consent", &actions[0], &[]).await), "/console/consent?done=confirmed");
        assert_eq!(leads_to(&browser.submit("/console/consent", &actions[3], &[]).await), "/console/consent?done=dismissed");
        let denied = tenant.http.post("/v1/policy/evaluate", &tenant.marketing(2)).await.expect(200);
        assert_eq!(denied["decided_by"], "consent.suppressed");
        assert!(browser.page("/console/consent").await.contains("Nothing waits for a decision"));
        let path = "/console/consent/topics";
        let new = [("code", "news"), ("category", "marketing"), ("titles", "en: News\r\nde: Neues\r\n")];
        assert_eq!(leads_to(&browser.submit(path, path, &new).await), format!("{path}?done=put"));
        assert_eq!(browser.submit(path, path, &[("code", "more"), ("titles", "no language")]).await.status, 400);
        leads_to(&browser.submit(path, &format!("{path}/news/archive"), &[]).await);
        let topics = tenant.http.get("/v1/topics").await.expect(200);
        assert_eq!((&topics["topics"][0]["titles"]["de"], &topics["topics"][0]["archived"]), (&json!("Neues"), &json!(true)));
        let path = "/console/consent/words";
        let words = [("marketing", "opt_in"), ("business", "Acme"), ("stop", "Genug\r\n\r\nBasta ya"), ("confirm", "yes"), ("confirmation", "We heard you.")];
        leads_to(&browser.submit(path, path, &words).await);
        let settings = tenant.http.get("/v1/consent-settings").await.expect(200);
        assert_eq!((&settings["marketing"], &settings["stop_words"], &settings["business_name"]), (&json!("opt_in"), &json!(["Genug", "Basta ya"]), &json!("Acme")));
        let look = browser.page(&format!("{path}?lang=ar")).await;
        assert!(look.contains("dir=\"rtl\"") && look.contains("Acme"), "{look}");
        let form = json!({"name": "Counter", "language": "en", "business_name": "Acme", "text": "Acme may write.", "purposes": ["marketing"]});
        let form = tenant.http.post("/v1/consent-forms", &form).await.expect(201);
        let path = format!("/console/consent/forms/{}", form["id"].as_str().unwrap());
        let shown = browser.page(&path).await;
        assert!(shown.contains("<svg xmlns") && shown.contains(form["url"].as_str().unwrap()) && shown.contains(form["code"].as_str().unwrap()), "{shown}");
        leads_to(&browser.submit(&path, &format!("{path}/close"), &[]).await);
        assert!(browser.page("/console/consent/forms").await.contains("closed"));
    }
}

//! The console's pages about templates and policy, used as a browser without script uses them.

use serde_json::json;

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp};

use crate::catalogue::{colleague, intent, until};
use crate::console_people::{Browser, leads_to};

both_engines! {
    async fn a_template_is_made_drafted_and_approved(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let browser = Browser::open(&app).await;
        let new = "/console/catalogue/new";
        let fields = [("name", "Parcel Left"), ("category", "utility"), ("owner", "Shipping"), ("tags", "team: shipping"),
            ("variable0_name", "first_name"), ("variable0_type", "text"), ("variable0_sample", "Ada"),
            ("variable0_max_chars", "many")];
        let refused = browser.submit(new, new, &fields).await;
        assert_eq!(refused.status, 400);
        assert!(refused.text.contains("variables[0].max_chars") && refused.text.contains("value=\"Shipping\""), "{}", refused.text);
        let change = |name: &'static str, value: &'static str| {
            fields.map(|(known, old)| if known == name { (known, value) } else { (known, old) })
        };
        let refused = browser.submit(new, new, &change("variable0_max_chars", "40")).await;
        assert!(refused.text.contains("lower-case letters"), "{}", refused.text);
        let mut sound = change("variable0_max_chars", "40");
        sound[0].1 = "parcel_left";
        let made = browser.submit(new, new, &sound).await;
        let page = leads_to(&made).to_owned();
        let shown = browser.page(&page).await;
        assert!(shown.contains("first_name") && shown.contains("There is no version yet"), "{shown}");

        // Tried: shown as it will look, with what the linter says and where. Nothing is kept.
        let draft = format!("{page}/draft");
        let words = |body: &'static str, what: &'static str| {
            [("language", "en_US"), ("variant", "main"), ("header", "TEXT"), ("header_text", "On its way"), ("body", body),
                ("footer", "Tidings"), ("button0_kind", "QUICK_REPLY"), ("button0_text", "Thanks"), ("do", what)]
        };
        let tried = browser.submit(&draft, &draft, &words("Hello {{1}}, your <parcel> has left us today.", "preview")).await;
        assert_eq!(tried.status, 200);
        assert!(tried.text.contains("Hello Ada, your &#60;parcel&#62; has left us today."), "{}", tried.text);
        assert!(tried.text.contains("The linter finds nothing"), "{}", tried.text);
        let bad = "{{1}} your parcel has left {{3}}";
        let tried = browser.submit(&draft, &format!("{draft}/preview"), &words(bad, "")).await;
        assert!(tried.text.contains("/components/1/text") && !tried.text.contains("<html"), "{}", tried.text);
        let refused = browser.submit(&draft, &draft, &words(bad, "draft")).await;
        assert_eq!(refused.status, 400);
        assert!(refused.text.contains("definition/components/1/text") && refused.text.contains(bad), "{}", refused.text);
        assert!(browser.page(&page).await.contains("There is no version yet"));

        // Kept, and through four eyes to the platform.
        let kept = browser.submit(&draft, &draft, &words("Hello {{1}}, your parcel has left us today.", "draft")).await;
        let version = leads_to(&kept).to_owned();
        let id = version.rsplit('/').next().unwrap().to_owned();
        let step = async |step: &str| browser.submit(&version, &format!("{version}/steps"), &[("step", step)]).await;
        leads_to(&step("review").await);
        assert_eq!(step("sign_off").await.status, 409, "the author cannot sign it off");
        assert!(!browser.page(&version).await.contains("Sign off"));
        let other = colleague(&tenant).await;
        other.post(&format!("/v1/templates/versions/{id}/steps"), &json!({"step": "sign_off"})).await.expect(200);
        leads_to(&step("submit").await);
        until(&tenant.http, &id, "approved").await;
        let sent = tenant.send(&intent(1, "parcel_left", "en_US", &json!({"first_name": "Ann"}))).await;
        tenant.until(&sent, "read").await;

        // The next one begins with these words; the settings are changed where they were made.
        let next = browser.page(&format!("{draft}?from={id}")).await;
        assert!(next.contains("your parcel has left us today.") && next.contains(&id) && next.contains("value=\"Thanks\""), "{next}");
        let settings = format!("{page}/settings");
        let set = browser.submit(&settings, &settings, &[("owner", "Ops"), ("flag", "spring"), ("variable0_name", "first_name"),
            ("variable0_sample", "Ada")]).await;
        leads_to(&set);
        let shown = browser.page(&page).await;
        assert!(shown.contains("Ops") && shown.contains("spring"), "{shown}");
    }

    async fn templates_are_adopted_and_policy_shows_what_it_did(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let browser = Browser::open(&app).await;
        let page = "/console/templates";
        assert!(browser.page(page).await.contains("Adopt all 4"));
        let one = browser.submit(page, "/console/templates/adopt", &[("name", "order_update"), ("account", &tenant.account)]).await;
        assert_eq!(leads_to(&one), "/console/templates?adopted=1&skipped=0");
        let rest = browser.submit(page, "/console/templates/adopt", &[]).await;
        let shown = browser.page(leads_to(&rest)).await;
        assert!(shown.contains("3 templates are in the catalogue now") && !shown.contains("Adopt all"), "{shown}");
        let catalogue = browser.page("/console/catalogue").await;
        assert!(catalogue.contains("order_update") && catalogue.contains("New template"), "{catalogue}");

        let policy = browser.page("/console/policy").await;
        assert!(policy.contains("No rule held anything back") && policy.contains("Announced changes"), "{policy}");
        tenant.revoke(9, "marketing").await;
        let denied = tenant.send(&tenant.marketing(9)).await;
        let policy = browser.page("/console/policy").await;
        assert!(policy.contains("consent.suppressed") && policy.contains(&format!("/console/messages/{denied}")), "{policy}");
    }
}

//! The pages for recipients as a browser shows them: phone and desk, day and night, from either side. What a person
//! needs who cannot see or point well is looked for in the document itself (`audit.js`).

use std::path::Path;

use http::Method;
use serde_json::json;

use tidings_tests::support::{Database, TestApp, chromium, phone};

use crate::browser::{PUBLIC_TARGET_PX, Page, SIZES, audited};
use crate::preferences::{link, set_up, visitor};

#[test]
fn pages_for_recipients_serve_everybody() {
    let Some(chromium) = chromium() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let database = Database::sqlite();
        look(&chromium, TestApp::start(database.storage()).await).await;
    });
}

async fn look(chromium: &Path, app: TestApp) {
    let tenant = app.tenant().await;
    set_up(&tenant).await;
    let path = link(&tenant, 1, "en").await;
    let form = json!({"name": "Newsletter", "language": "fr", "business_name": "Acme", "purposes": ["marketing", "sales"],
        "text": "Oui, Acme peut m'envoyer ses offres par WhatsApp. Je peux arrêter à tout moment."});
    let form = tenant.http.post("/v1/consent-forms", &form).await.expect(201);
    let form = form["url"].as_str().unwrap().strip_prefix(&app.http.base).unwrap().to_owned();
    let new = json!({"to": {"phone": phone(3)}, "purposes": ["marketing"], "source": "app",
        "proof": {"text": "نعم، يجوز لشركة Acme أن ترسل إليّ عروضها.", "business_name": "Acme", "language": "ar"}});
    let pending = tenant.http.post("/v1/opt-ins", &new).await.expect(202);
    let pending = pending["url"].as_str().unwrap().strip_prefix(&app.http.base).unwrap().to_owned();
    let profile = tempfile::tempdir().unwrap();
    let mut faults = Vec::new();
    for (name, path, language, direction) in [
        ("preferences", format!("{path}?saved=1"), "en", "ltr"),
        ("preferences-de", format!("{path}?lang=de"), "de", "ltr"),
        ("preferences-ar", format!("{path}?lang=ar&saved=1"), "ar", "rtl"),
        ("preferences-he", format!("{path}?lang=he"), "he", "rtl"),
        ("preferences-hi", format!("{path}?lang=hi"), "hi", "ltr"),
        ("form", form.clone(), "fr", "ltr"),
        ("confirm-ar", pending, "ar", "rtl"),
        ("form-thanks", format!("{form}/thanks"), "fr", "ltr"),
        ("form-pending", format!("{form}/pending?lang=ar"), "ar", "rtl"),
        ("preferences-forged", "/p/main/forged?lang=fr".to_owned(), "fr", "ltr"),
    ] {
        let answer = visitor(&app).call(Method::GET, &path, None, &[]).await;
        let file = profile.path().join(format!("{name}.html"));
        let page = audited(&answer.text, &format!("{}{path}", app.http.base), PUBLIC_TARGET_PX);
        std::fs::write(&file, page).unwrap();
        for (width, height) in SIZES {
            let page = Page { name, file: &file, language, direction };
            page.look(chromium, profile.path(), (width, height), &mut faults).await;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

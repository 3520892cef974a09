//! The pages for recipients as a browser shows them: phone and desk, day and night, from either side. What a person
//! needs who cannot see or point well is looked for in the document itself (`audit.js`).

use std::path::Path;

use http::Method;
use serde_json::json;

use tidings_tests::support::{Database, TestApp, chromium, phone};

use crate::browser::{Browser, SCHEMES, SCREENSHOT_BYTES_MIN, SIZES};
use crate::preferences::{link, set_up, visitor};

const AUDIT: &str = include_str!("audit.js");

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
    for (name, path, language, direction) in [
        ("preferences", format!("{path}?saved=1"), "en", "ltr"),
        ("preferences-de", format!("{path}?lang=de"), "de", "ltr"),
        ("preferences-ar", format!("{path}?lang=ar&saved=1"), "ar", "rtl"),
        ("preferences-he", format!("{path}?lang=he"), "he", "rtl"),
        ("preferences-hi", format!("{path}?lang=hi"), "hi", "ltr"),
        ("form", form, "fr", "ltr"),
        ("confirm-ar", pending, "ar", "rtl"),
        ("preferences-forged", "/p/main/forged?lang=fr".to_owned(), "fr", "ltr"),
    ] {
        let answer = visitor(&app).call(Method::GET, &path, None, &[]).await;
        let base = format!("<head><base href=\"{}{path}\"><script>{AUDIT}</script>", app.http.base);
        let file = profile.path().join(format!("{name}.html"));
        std::fs::write(&file, answer.text.replacen("<head>", &base, 1)).unwrap();
        for (width, height) in SIZES {
            let mut grounds = Vec::new();
            for (scheme, number) in SCHEMES {
                let browser = Browser { chromium, profile: profile.path(), width, height, scheme: number };
                let (shot, probe) = browser.look(&file, &format!("{name}-{width}-{scheme}.png")).await;
                let mut parts = probe.splitn(4, '/');
                assert_eq!(
                    (parts.next(), parts.next()),
                    (Some(language), Some(direction)),
                    "{name}: {probe}"
                );
                grounds.push(parts.next().unwrap_or_default().to_owned());
                assert_eq!(parts.next(), Some(""), "{name} at {width}, {scheme}");
                let bytes = std::fs::metadata(&shot).map_or(0, |file| file.len());
                assert!(bytes > SCREENSHOT_BYTES_MIN, "{} has {bytes} bytes", shot.display());
            }
            assert_ne!(grounds[0], grounds[1], "{name}: night looks like day");
        }
    }
}

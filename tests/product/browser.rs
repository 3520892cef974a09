//! The console as a browser shows it: on a phone and on a desk, by day and by night.

use std::path::{Path, PathBuf};

use http::Method;
use tokio::process::Command;

use serde_json::json;
use tidings_tests::support::{Database, Tenant, TestApp, chromium, phone};

pub const SIZES: [(u32, u32); 2] = [(390, 844), (1280, 800)];
/// Blink's numbers for the preferred colour scheme.
const SCHEMES: [(&str, u8); 2] = [("light", 1), ("dark", 0)];
/// A screenshot of an empty page is smaller than this, in bytes.
const SCREENSHOT_BYTES_MIN: u64 = 6_000;
/// What a person needs who cannot see or point well, looked for in the document itself.
const AUDIT: &str = include_str!("audit.js");
/// How large a target is at least, in pixels: on pages for recipients, and on those of the console.
pub const PUBLIC_TARGET_PX: u32 = 44;
const CONSOLE_TARGET_PX: u32 = 24;

#[test]
fn every_page_fits_in_both_sizes_and_lights() {
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
    let read = tenant.send(&tenant.utility(1)).await;
    tenant.until(&read, "read").await;
    tenant.send(&tenant.text(2)).await;
    for (n, used) in [(300, true), (450, true), (600, false)] {
        let asked = serde_json::json!({"to": {"phone": tidings_tests::support::phone(n)}});
        let made = tenant.http.post("/v1/verifications", &asked).await.expect(201);
        let code = if used {
            super::verifications::code_of(&app, &tidings_tests::support::phone(n)).await
        } else {
            "0".into()
        };
        let check = serde_json::json!({"id": made["id"], "code": code});
        tenant.http.post("/v1/verifications/check", &check).await.expect(200);
    }
    let (template, version, rtl) = catalogue(&tenant).await;
    let People { contact, erased, import, form } = people(&tenant, &app).await;
    let cookie = sign_in(&app).await;
    let profile = tempfile::tempdir().unwrap();
    let mut faults = Vec::new();
    for (name, path) in [
        ("sign-in", "/console/sign-in".to_owned()),
        ("overview", "/console".to_owned()),
        ("messages", "/console/messages".to_owned()),
        ("message", format!("/console/messages/{read}")),
        ("senders", "/console/senders".to_owned()),
        ("attention", "/console/attention".to_owned()),
        ("templates", "/console/templates".to_owned()),
        ("codes", "/console/codes".to_owned()),
        ("catalogue", "/console/catalogue".to_owned()),
        ("template", format!("/console/catalogue/{template}")),
        ("version", format!("/console/versions/{version}")),
        ("version-rtl", format!("/console/versions/{rtl}")),
        ("pauses", "/console/pauses".to_owned()),
        ("contacts", "/console/contacts".to_owned()),
        ("contact", format!("/console/contacts/{contact}")),
        ("contact-then", format!("/console/contacts/{contact}?at=2026-01-01T00:00&known=now")),
        ("contact-erased", format!("/console/contacts/{erased}")),
        ("opt-outs", "/console/consent".to_owned()),
        ("imports", "/console/consent/imports".to_owned()),
        ("import", format!("/console/consent/imports/{import}")),
        ("topics", "/console/consent/topics".to_owned()),
        ("forms", "/console/consent/forms".to_owned()),
        ("form", format!("/console/consent/forms/{form}")),
        ("words", "/console/consent/words".to_owned()),
        ("words-ar", "/console/consent/words?lang=ar".to_owned()),
        ("policy", "/console/policy".to_owned()),
        ("nodes", "/console/nodes".to_owned()),
    ] {
        let page = page(&app, &cookie, &path).await;
        let file = profile.path().join(format!("{name}.html"));
        std::fs::write(&file, page).unwrap();
        for (width, height) in SIZES {
            let page = Page { name, file: &file, language: "en", direction: "ltr" };
            page.look(chromium, profile.path(), (width, height), &mut faults).await;
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// What the audit says where the browser's window did not have the focus, so that it could not be looked at.
const UNFOCUSED: &str = "NOT LOOKED AT";
/// Further looks at such a page.
const LOOKS_MAX: usize = 5;

/// A page that was written to a file, and what it says of itself.
pub struct Page<'a> {
    pub name: &'a str,
    pub file: &'a Path,
    pub language: &'a str,
    pub direction: &'a str,
}

impl Page<'_> {
    /// By day and by night: a picture of each, and no fault in either.
    pub async fn look(
        &self,
        chromium: &Path,
        profile: &Path,
        (width, height): (u32, u32),
        faults: &mut Vec<String>,
    ) {
        let name = self.name;
        let mut grounds = Vec::new();
        for (scheme, number) in SCHEMES {
            let browser = Browser { chromium, profile, width, height, scheme: number };
            let picture = format!("{name}-{width}-{scheme}.png");
            let (mut shot, mut probe) = browser.look(self.file, &picture).await;
            for _ in 0..LOOKS_MAX {
                if !probe.contains(UNFOCUSED) {
                    break;
                }
                (shot, probe) = browser.look(self.file, &picture).await;
            }
            let mut parts = probe.splitn(4, '/');
            let said = (parts.next(), parts.next());
            assert_eq!(said, (Some(self.language), Some(self.direction)), "{name}: {probe}");
            grounds.push(parts.next().unwrap_or_default().to_owned());
            let said = parts.next().unwrap_or("nothing was said");
            if !said.is_empty() {
                faults.push(format!("{name} at {width}, {scheme}: {said}"));
            }
            let bytes = std::fs::metadata(&shot).map_or(0, |file| file.len());
            assert!(bytes > SCREENSHOT_BYTES_MIN, "{} has {bytes} bytes", shot.display());
        }
        assert_ne!(grounds[0], grounds[1], "{name}: night looks like day");
    }
}

/// A page with its assets fetched from where it came, and the audit inside.
pub fn audited(text: &str, url: &str, target_px: u32) -> String {
    assert!(text.contains("<head>"), "{url}");
    let base = format!("<head><base href=\"{url}\"><script>window.targetPx = {target_px};\n{AUDIT}</script>");
    text.replacen("<head>", &base, 1)
}

/// A template of the catalogue with a version in English, one that follows it, and one in Arabic.
async fn catalogue(tenant: &Tenant) -> (String, String, String) {
    let id = |value: serde_json::Value| value["id"].as_str().unwrap().to_owned();
    let new = json!({"name": "parcel_left", "category": "utility", "owner": "Shipping", "tags": {"team": "shipping"},
        "variables": [{"name": "first_name", "sample": "Ada"}, {"name": "order", "sample": "A-17"}]});
    let template = id(tenant.http.post("/v1/templates/catalogue", &new).await.expect(201));
    let draft = async |language: &str, text: &str| {
        let definition = json!({"components": [
            {"type": "HEADER", "format": "TEXT", "text": "On its way"},
            {"type": "BODY", "text": text},
            {"type": "FOOTER", "text": "Example Ltd"},
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Thanks"},
                {"type": "URL", "text": "Track", "url": "https://example.com/track"}]}]});
        let new = json!({"language": language, "definition": definition});
        id(tenant.http.post(&format!("/v1/templates/catalogue/{template}/versions"), &new).await.expect(201))
    };
    draft("en_US", "Hello {{1}}, your order {{2}} has left our house today.").await;
    let version =
        draft("en_US", "Hello {{1}}, your order {{2}} left our house today. Enjoy a discount next time.")
            .await;
    let rtl = draft("ar", "مرحبا {{1}}، طلبك رقم {{2}} غادر متجرنا اليوم صباحا.").await;
    tenant
        .http
        .post(&format!("/v1/templates/versions/{version}/steps"), &json!({"step": "review"}))
        .await
        .expect(200);
    (template, version, rtl)
}

/// Things that the pages about people show.
struct People {
    contact: String,
    erased: String,
    import: String,
    form: String,
}

async fn people(tenant: &Tenant, app: &TestApp) -> People {
    let id = |value: serde_json::Value| value["id"].as_str().unwrap().to_owned();
    let post = async |path: &str, body: serde_json::Value| tenant.http.post(path, &body).await;
    post("/v1/contact-attributes", json!({"name": "tier", "type": "text"})).await.expect(201);
    let titles = json!({"en": "New arrivals", "de": "Neuheiten", "ar": "وصل حديثًا"});
    post("/v1/topics", json!({"code": "new-arrivals", "category": "marketing", "titles": titles}))
        .await
        .expect(201);
    let new = json!({"to": {"phone": phone(40)}, "name": "Ada Lovelace", "language": "en", "time_zone": "Europe/London",
        "attributes": {"tier": "gold"}});
    let contact = id(post("/v1/contacts", new).await.expect(200));
    let other = id(post("/v1/contacts", json!({"to": {"email": "ada.lovelace@analytical-engines.example"}}))
        .await
        .expect(200));
    post(&format!("/v1/contacts/{contact}/merge"), json!({"other": other})).await.expect(200);
    for (purpose, granted, at) in
        [("marketing", true, "2025-05-03T14:00:00Z"), ("new-arrivals", false, "2026-02-01T09:30:00Z")]
    {
        let said = json!({"to": {"phone": phone(40)}, "channel": "whatsapp", "purpose": purpose, "granted": granted, "at": at,
            "source": "web_form", "source_detail": "checkout", "proof": {"text": "Yes, Acme may send me offers.", "text_version": "3"}});
        post("/v1/consents", said).await.expect(201);
    }
    let gone = id(post("/v1/contacts", json!({"to": {"phone": phone(41)}})).await.expect(200));
    tenant.http.call(Method::DELETE, &format!("/v1/contacts/{gone}"), None, &[]).await.expect(200);
    let rows =
        format!("phone,name\n{},Grace Hopper\n12,Nobody\n{},{}\n", phone(42), phone(43), "x".repeat(300));
    let import = tenant.http.raw(Method::POST, "/v1/contact-imports", rows, &[]).await.expect(202);
    super::imports::finished(tenant, &import["id"]).await;
    tenant.hears(44, "how do I stop these messages from you", app.now_us()).await;
    tenant.hears(45, "كيف أوقف هذه الرسائل stop please no more of this", app.now_us()).await;
    let form = json!({"name": "Counter in the shop", "language": "en", "business_name": "Acme", "purposes": ["marketing", "new-arrivals"],
        "text": "Yes, Acme may send me offers on WhatsApp.\nI can stop at any time.", "embed_origins": ["https://shop.example"]});
    let form = id(post("/v1/consent-forms", form).await.expect(201));
    let settings = json!({"business_name": "Acme Parcels", "stop_words": ["Genug"], "confirm_opt_out": true});
    tenant.http.call(Method::PUT, "/v1/consent-settings", Some(&settings), &[]).await.expect(200);
    People { contact, erased: gone, import: id(import), form }
}

/// The page as the server renders it, with its assets fetched from there and the probe inside.
async fn page(app: &TestApp, cookie: &str, path: &str) -> String {
    let answer = app.http.call(Method::GET, path, None, &[("cookie", cookie)]).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    let policy = answer.header("content-security-policy").unwrap_or_default().to_owned();
    assert!(policy.contains("default-src") && !policy.contains("unsafe-inline"), "{path}: {policy}");
    audited(&answer.text, &format!("{}{path}", app.http.base), CONSOLE_TARGET_PX)
}

pub async fn sign_in(app: &TestApp) -> String {
    let token = app.engine.mint_login(&app.engine.local_operator(), None).await.unwrap();
    let form = format!("token={}", token.expose());
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let url = format!("{}/console/sign-in", app.http.base);
    let post = async || {
        let request = client.post(&url).header("content-type", "application/x-www-form-urlencoded");
        request.header("origin", &app.http.base).body(form.clone()).send().await.unwrap()
    };
    let answer = post().await;
    assert_eq!(answer.status(), 303);
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite"), "{cookie}");
    assert_eq!(post().await.status(), 401, "a link works once");
    cookie.split(';').next().unwrap().to_owned()
}

struct Browser<'a> {
    pub chromium: &'a Path,
    pub profile: &'a Path,
    pub width: u32,
    pub height: u32,
    pub scheme: u8,
}

impl Browser<'_> {
    fn command(&self) -> Command {
        let mut command = Command::new(self.chromium);
        command
            .args(["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
            .args([
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--virtual-time-budget=2000",
            ])
            .arg(format!("--user-data-dir={}", self.profile.join("profile").display()))
            .arg(format!("--blink-settings=preferredColorScheme={}", self.scheme))
            .arg(format!("--window-size={},{}", self.width, self.height))
            .kill_on_drop(true);
        command
    }

    /// A picture of the page, and what the probe in it says.
    pub async fn look(&self, file: &Path, name: &str) -> (PathBuf, String) {
        let path = folder().join(name);
        let mut command = self.command();
        command.arg("--dump-dom").arg(format!("--screenshot={}", path.display()));
        let output =
            command.arg(format!("file://{}", file.display())).output().await.expect("Chromium starts");
        let dom = String::from_utf8_lossy(&output.stdout);
        let said = dom.split("data-probe=\"").nth(1).and_then(|rest| rest.split('"').next());
        let probe = said.unwrap_or_else(|| panic!("no probe: {}", String::from_utf8_lossy(&output.stderr)));
        (path, probe.to_owned())
    }
}

/// `screenshots` beside the compiled programs.
fn folder() -> PathBuf {
    let own = std::env::current_exe().expect("a running program has a path");
    let target = own.ancestors().nth(3).expect("tests run from target/<profile>/deps");
    let folder = target.join("screenshots");
    std::fs::create_dir_all(&folder).expect("the folder for screenshots can be made");
    folder
}

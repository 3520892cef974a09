//! The console as a browser shows it: on a phone and on a desk, by day and by night.

use std::path::{Path, PathBuf};

use http::Method;
use tokio::process::Command;

use serde_json::json;
use tidings_tests::support::{Database, Tenant, TestApp, chromium};

pub const SIZES: [(u32, u32); 2] = [(390, 844), (1280, 800)];
/// Blink's numbers for the preferred colour scheme.
pub const SCHEMES: [(&str, u8); 2] = [("light", 1), ("dark", 0)];
/// A screenshot of an empty page is smaller than this, in bytes.
pub const SCREENSHOT_BYTES_MIN: u64 = 6_000;
/// Says in the document how wide it is, for whoever dumps it.
const PROBE: &str = "<script>addEventListener('load',()=>{const e=document.documentElement;\
    e.setAttribute('data-probe',e.scrollWidth+'/'+innerWidth+'/'+getComputedStyle(document.body).backgroundColor)})</script>";

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
    let cookie = sign_in(&app).await;
    let profile = tempfile::tempdir().unwrap();
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
        ("policy", "/console/policy".to_owned()),
        ("nodes", "/console/nodes".to_owned()),
    ] {
        let page = page(&app, &cookie, &path).await;
        let file = profile.path().join(format!("{name}.html"));
        std::fs::write(&file, page).unwrap();
        for (width, height) in SIZES {
            let mut backgrounds = Vec::new();
            for (scheme, number) in SCHEMES {
                let browser = Browser { chromium, profile: profile.path(), width, height, scheme: number };
                let (shot, probe) = browser.look(&file, &format!("{name}-{width}-{scheme}.png")).await;
                let mut parts = probe.split('/');
                let scroll: u32 =
                    parts.next().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{probe}"));
                let inner: u32 =
                    parts.next().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{probe}"));
                assert!(
                    scroll <= inner,
                    "{name} at {width} is {scroll} wide in {inner}: it scrolls sideways"
                );
                backgrounds.push(parts.next().unwrap_or_default().to_owned());
                let bytes = std::fs::metadata(&shot).map_or(0, |file| file.len());
                assert!(bytes > SCREENSHOT_BYTES_MIN, "{} has {bytes} bytes", shot.display());
            }
            assert_ne!(backgrounds[0], backgrounds[1], "{name}: night looks like day");
        }
    }
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

/// The page as the server renders it, with its assets fetched from there and the probe inside.
async fn page(app: &TestApp, cookie: &str, path: &str) -> String {
    let answer = app.http.call(Method::GET, path, None, &[("cookie", cookie)]).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    let policy = answer.header("content-security-policy").unwrap_or_default().to_owned();
    assert!(policy.contains("default-src") && !policy.contains("unsafe-inline"), "{path}: {policy}");
    let base = format!("<head><base href=\"{}{path}\">{PROBE}", app.http.base);
    assert!(answer.text.contains("<head>"), "{path}");
    answer.text.replacen("<head>", &base, 1)
}

async fn sign_in(app: &TestApp) -> String {
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

pub struct Browser<'a> {
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

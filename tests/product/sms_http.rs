//! SMS by an HTTP API, against a small one of our own that answers as it is told.

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp, eventually, phone};

/// What one request was: its head and its form.
pub type Seen = (String, String);

/// Answers each request with the next status and body; the last one stays.
pub async fn api(answers: Vec<(u16, &'static str)>) -> (String, mpsc::Receiver<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let (seen, requests) = mpsc::channel(64);
    tokio::spawn(async move {
        let mut answers = answers.into_iter().peekable();
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = Vec::new();
            let (head, form) = loop {
                let mut chunk = [0; 4_096];
                let n = stream.read(&mut chunk).await.unwrap_or(0);
                read.extend_from_slice(&chunk[..n]);
                let text = String::from_utf8_lossy(&read).into_owned();
                let Some((head, form)) = text.split_once("\r\n\r\n") else { continue };
                let length = head
                    .to_lowercase()
                    .split("content-length: ")
                    .nth(1)
                    .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
                if form.len() >= length || n == 0 {
                    break (head.to_owned(), form.to_owned());
                }
            };
            let _ = seen.send((head, form)).await;
            let next = answers.next().expect("an answer");
            if answers.peek().is_none() {
                answers = vec![next].into_iter().peekable();
            }
            let (status, body) = next;
            let answer = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (url, requests)
}

/// The signature as the provider makes it.
fn sign(token: &str, url: &str, form: &[(&str, &str)]) -> String {
    use aws_lc_rs::hmac;
    use base64::Engine;
    let mut pairs = form.to_vec();
    pairs.sort_unstable();
    let text = pairs.iter().fold(url.to_owned(), |text, (name, value)| text + name + value);
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    base64::engine::general_purpose::STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

both_engines! {
    async fn messages_go_out_and_signed_callbacks_come_back(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (url, mut seen) = api(vec![
            (429, r#"{"code":20429,"message":"Too many"}"#),
            (201, r#"{"sid":"SM1","status":"queued"}"#),
            (400, r#"{"code":21614,"message":"no mobile"}"#),
        ])
        .await;
        let tenant = app.tenant().await;
        let http = &tenant.http;
        let account = json!({"provider": "sms_http", "access_token": "hunter2", "connection":
            {"base_url": url, "account_sid": "AC1"}});
        let account = http.post("/v1/accounts", &account).await.expect(201);
        let callback = format!("{}{}", http.base, account["callback_path"].as_str().unwrap());
        let path = format!("/v1/accounts/{}", account["id"].as_str().unwrap());
        let change = json!({"connection": {"base_url": url, "account_sid": "AC1", "status_callback": callback}});
        http.call(Method::PATCH, &path, Some(&change), &[]).await.expect(200);
        let sender = json!({"account": account["id"], "address": "+12025550191"});
        http.post("/v1/senders", &sender).await.expect(201);
        let intent = |to: usize| json!({"to": {"phone": phone(to)}, "sms": {"text": "Käse & Brot"}, "category": "utility"});

        let id = tenant.send(&intent(1)).await;
        let (head, form) = seen.recv().await.unwrap();
        assert!(head.starts_with("POST /2010-04-01/Accounts/AC1/Messages.json "), "{head}");
        assert!(head.to_lowercase().contains("authorization: basic qumxomh1bnrlcji="), "{head}");
        assert!(form.contains("From=%2B12025550191") && form.contains("Body=K%C3%A4se+%26+Brot"), "{form}");
        let (_, form) = seen.recv().await.unwrap();
        let status_callback = form.split("StatusCallback=").nth(1).unwrap();
        let status_callback = percent(status_callback);
        assert!(status_callback.starts_with(&format!("{callback}?attempt=att_")), "{status_callback}");
        eventually("the answer", async || (tenant.message(&id).await["status"] == "submitted").then_some(())).await;

        let form = [("AccountSid", "AC1"), ("MessageSid", "SM1"), ("MessageStatus", "delivered"), ("To", "+4915112300001")];
        let post = async |url: &str, signature: &str, form: &[(&str, &str)]| {
            let body = form.iter().map(|(name, value)| format!("{name}={}", value.replace('+', "%2B")));
            let body = body.collect::<Vec<_>>().join("&");
            let path = url.strip_prefix(&http.base).unwrap();
            let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-twilio-signature", signature)];
            app.http.raw(Method::POST, path, body, &headers).await
        };
        post(&status_callback, "bm8=", &form).await.expect(401);
        assert_eq!(tenant.message(&id).await["status"], "submitted");
        post(&status_callback, &sign("hunter2", &status_callback, &form), &form).await.expect(200);
        eventually("the receipt", async || (tenant.message(&id).await["status"] == "delivered").then_some(())).await;

        let form = [("AccountSid", "AC1"), ("SmsSid", "SM9"), ("SmsStatus", "received"), ("From", "+4915112300001"),
            ("To", "+12025550191"), ("Body", "Thanks"), ("NumMedia", "0")];
        post(&callback, &sign("hunter2", &callback, &form), &form).await.expect(200);
        let page = http.get("/v1/inbound").await.expect(200);
        assert_eq!(page["inbound"][0]["text"], "Thanks", "{page}");

        let id = tenant.send(&intent(2)).await;
        let message: Value = eventually("the refusal", async || {
            let message = tenant.message(&id).await;
            (message["status"] == "failed").then_some(message)
        })
        .await;
        assert_eq!(message["attempts"][0]["error"]["code"], 21_614);
    }
}

fn percent(text: &str) -> String {
    text.replace("%3A", ":").replace("%2F", "/").replace("%3F", "?").replace("%3D", "=")
}

//! E-mail through a mail server that somebody else wrote: out, refused, bounced, signed, answered, unsubscribed.

use std::time::Instant;

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{
    Http, Mta, Rig, Storage, Tenant, dkim_verdict, eventually, free_port, with_storage,
};

const FROM: &str = "news@shop.test";
/// The key of RFC 8463, appendix A.
const ED25519: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
const ED25519_RECORD: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

/// The program, a mail server, and a tenant who sends through it.
struct Post {
    rig: Rig,
    mta: Mta,
    tenant: Tenant,
    back: u16,
}

impl Post {
    /// `None` where the mail server was left out by choice.
    async fn open(storage: &Storage, dkim: Value) -> Option<Self> {
        let back = free_port().await;
        let mta = Mta::start(back).await?;
        let rig = Rig::with(storage, |setting| {
            setting.variables.push(("TIDINGS_MAIL__LISTEN".to_owned(), format!("127.0.0.1:{back}")));
            setting
                .variables
                .push(("TIDINGS_PUBLIC__URL".to_owned(), "https://messages.shop.test".to_owned()));
        })
        .await;
        let tenant = rig.tenant(1).await;
        let account = json!({"provider": "smtp", "connection": {
            "host": "127.0.0.1", "port": mta.port, "tls": "none", "from_name": "The Shop",
            "bounce_domain": "bounces.shop.test", "replies": true, "delivery_reports": true, "dkim": dkim}});
        let account = tenant.http.post("/v1/accounts", &account).await.expect(201);
        assert!(!account.to_string().contains("PRIVATE KEY"), "{account}");
        let sender = json!({"account": account["id"], "address": FROM, "messages_per_s": 1_000});
        tenant.http.post("/v1/senders", &sender).await.expect(201);
        Some(Self { rig, mta, tenant, back })
    }

    async fn send(&self, to: &str, change: impl FnOnce(&mut Value)) -> String {
        let mut intent = json!({"to": {"email": format!("{to}@shop.test")}, "channel": "email",
            "category": "utility", "email": {"subject": "Ihr Paket – größer", "text": "It has left.", "html": "<p>It <b>has</b> left.</p>"}});
        change(&mut intent);
        let sent = self.tenant.http.post("/v1/messages", &intent).await.expect(202);
        sent["id"].as_str().expect("an id").to_owned()
    }

    async fn becomes(&self, message: &str, status: &str) -> Value {
        becomes(&self.tenant.http, message, status).await
    }

    /// The only mail of a mailbox, once it is there.
    async fn mail(&self, name: &str) -> String {
        eventually("a mail", async || self.mta.mails(name).pop()).await
    }
}

async fn becomes(http: &Http, message: &str, status: &str) -> Value {
    eventually(status, async || {
        let found = http.get(&format!("/v1/messages/{message}")).await.expect(200);
        (found["status"] == status).then_some(found)
    })
    .await
}

/// The value of a field of a mail's head, unfolded.
fn field(mail: &str, name: &str) -> Option<String> {
    let head = mail.split("\n\n").next()?.replace("\n ", " ").replace("\n\t", " ");
    let line =
        head.lines().find(|line| line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Says something to a port, as another mail server would; the answers.
async fn bring(port: u16, to: &str, mail: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
    let mail = mail.replace('\n', "\r\n");
    let text =
        format!("EHLO mx.example\r\nMAIL FROM:<>\r\nRCPT TO:<{to}>\r\nDATA\r\n{mail}\r\n.\r\nQUIT\r\n");
    stream.write_all(text.as_bytes()).await.expect("it reads");
    let mut heard = String::new();
    stream.read_to_string(&mut heard).await.expect("it answers");
    heard
}

both_engines! {
    async fn mails_arrive_signed_and_are_reported(storage: Storage) {
        let dkim = json!({"domain": "shop.test", "selector": "s1", "private_key": ED25519});
        let Some(post) = Post::open(&storage, dkim).await else { return };
        let message = post.send("ann", |_| {}).await;
        let mail = post.mail("ann").await;
        let verdict = dkim_verdict(mail.split_once('\n').unwrap().1, ED25519_RECORD).await;
        assert_eq!(verdict, "pass s1._domainkey.shop.test.", "{mail}");
        assert_eq!(field(&mail, "From").as_deref(), Some("\"The Shop\" <news@shop.test>"));
        assert!(mail.starts_with("Return-path: <b"), "{mail}");
        assert!(mail.contains("multipart/alternative") && field(&mail, "List-Unsubscribe").is_none(), "{mail}");
        // The server's own report says that it is in the mailbox.
        let found = post.becomes(&message, "delivered").await;
        assert_eq!(found["attempts"].as_array().unwrap().len(), 1, "{found}");
        // One letter more, and nobody believes it.
        let changed = mail.split_once('\n').unwrap().1.replace("has left", "has  gone");
        assert_eq!(dkim_verdict(&changed, ED25519_RECORD).await, "fail s1._domainkey.shop.test.");
    }

    async fn refusals_and_bounces_say_why(storage: Storage) {
        let Some(post) = Post::open(&storage, Value::Null).await else { return };
        let refused = post.send("nobody-1", |_| {}).await;
        let bounced = post.send("late-1", |_| {}).await;
        let waiting = post.send("full-1", |_| {}).await;
        let found = post.becomes(&refused, "failed").await;
        assert!(found.to_string().contains("no_such_mailbox"), "{found}");
        let found = post.becomes(&bounced, "failed").await;
        // Exim's own report says 5.0.0: a refusal that blames nobody for good.
        assert!(found.to_string().contains("mailbox_unavailable"), "{found} {}", post.mta.log());
        // Who is not there is remembered, and the next mail is not even tried.
        let again = post.send("nobody-1", |_| {}).await;
        post.becomes(&again, "denied").await;
        let found = post.becomes(&waiting, "queued").await;
        assert!(!found.to_string().contains("@shop.test: "), "{found}");
    }

    async fn one_click_ends_marketing(storage: Storage) {
        let Some(post) = Post::open(&storage, Value::Null).await else { return };
        let marketing = |intent: &mut Value| intent["category"] = json!("marketing");
        let message = post.send("ben", marketing).await;
        let mail = post.mail("ben").await;
        assert_eq!(field(&mail, "List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
        let url = field(&mail, "List-Unsubscribe").unwrap();
        let path = url.trim_matches(['<', '>']).strip_prefix("https://messages.shop.test").unwrap().to_owned();
        post.becomes(&message, "delivered").await;

        // Whoever opens every link of a mail changes nothing.
        let visitor = Http { token: None, ..post.rig.http.clone() };
        let page = visitor.raw(Method::GET, &path, String::new(), &[]).await;
        assert!(page.status == 200 && page.text.contains("<form method=\"post\""), "{}", page.text);
        let next = post.send("ben", marketing).await;
        post.becomes(&next, "delivered").await;

        let form = [("content-type", "application/x-www-form-urlencoded")];
        for _ in 0..2 {
            let ended = visitor.raw(Method::POST, &path, "List-Unsubscribe=One-Click".to_owned(), &form).await;
            assert_eq!(ended.status, 200, "{}", ended.text);
        }
        let denied = post.send("ben", marketing).await;
        post.becomes(&denied, "denied").await;
        // What people need still comes, and the ledger says how it was said.
        let useful = post.send("ben", |_| {}).await;
        post.becomes(&useful, "delivered").await;
        let ledger = post.tenant.http.get("/v1/consents?to=ben@shop.test").await.expect(200);
        assert!(ledger.to_string().contains("one_click"), "{ledger}");
        // An address that nobody made opens nothing.
        let (head, token) = path.rsplit_once('/').unwrap();
        let forged = format!("{head}/{}{}", &token[..token.len() - 4], "AAAA");
        assert_eq!(visitor.raw(Method::POST, &forged, String::new(), &form).await.status, 404);
    }

    async fn answers_and_complaints_come_in(storage: Storage) {
        let Some(post) = Post::open(&storage, Value::Null).await else { return };
        let message = post.send("cleo", |_| {}).await;
        let mail = post.mail("cleo").await;
        post.becomes(&message, "delivered").await;
        let (reply_to, id) = (field(&mail, "Reply-To").unwrap(), field(&mail, "Message-ID").unwrap());
        let answer = format!(
            "From: Cleo <cleo@shop.test>\nTo: {reply_to}\nSubject: Re: Paket\nMessage-ID: <77@shop.test>\nIn-Reply-To: {id}\n\n\
             Where is it?\n\n> It has left."
        );
        for _ in 0..2 {
            let heard = bring(post.back, &reply_to, &answer).await;
            assert!(heard.contains("250 2.0.0 taken"), "{heard}");
        }
        let inbound = post.tenant.http.get("/v1/inbound").await.expect(200);
        let list = inbound["messages"].as_array().or(inbound["inbound"].as_array()).unwrap_or_else(|| panic!("{inbound}"));
        assert_eq!(list.len(), 1, "{inbound}");
        assert_eq!((&list[0]["text"], &list[0]["from"]["email"]), (&json!("Where is it?"), &json!("cleo@shop.test")));

        let bounces = field(&mail, "Return-path").unwrap();
        let complaint = format!(
            "From: fbl@mx.example\nSubject: x\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; \
             boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n--b\nContent-Type: \
             message/rfc822\n\nMessage-ID: {id}\n\nx\n\n--b--"
        );
        let heard = bring(post.back, bounces.trim_matches(['<', '>']), &complaint).await;
        assert!(heard.contains("250 2.0.0 taken"), "{heard}");
        let marketing = post.send("cleo", |intent| intent["category"] = json!("marketing")).await;
        post.becomes(&marketing, "denied").await;
        // Who was never written to gets nothing here.
        let heard = bring(post.back, "postmaster@bounces.shop.test", "x").await;
        assert!(heard.contains("550 5.1.1") && heard.contains("503"), "{heard}");
    }
}

/// Many mails through one account, as fast as they go. The figure is printed; the floor is what fallbacks need.
#[test]
#[expect(clippy::disallowed_methods, reason = "a rate is measured on the machine's own time")]
fn many_mails_go_out() {
    with_storage("sqlite", |storage| async move {
        let Some(post) = Post::open(&storage, Value::Null).await else { return };
        let number = if cfg!(debug_assertions) { 600 } else { 6_000 };
        let began = Instant::now();
        for batch in 0..number / 200 {
            let messages: Vec<Value> = (0..200)
                .map(|n| {
                    json!({"to": {"email": format!("many{}@shop.test", batch * 200 + n)}, "channel": "email",
                    "category": "utility", "email": {"subject": "Your parcel", "text": "It has left."}})
                })
                .collect();
            let taken =
                post.tenant.http.post("/v1/messages/batch", &json!({"messages": messages})).await.expect(202);
            assert_eq!(taken["accepted"].as_array().unwrap().len(), 200, "{taken}");
        }
        eventually("all mails to be taken by the server", async || {
            let log = post.mta.log();
            (log.lines().filter(|line| line.contains(" <= ") && line.contains("H=")).count() >= number)
                .then_some(())
        })
        .await;
        let rate = number as f64 / began.elapsed().as_secs_f64();
        eprintln!("mails per second to a local server: {rate:.0}");
    });
}

//! Contacts in bulk: tables in, tables out, and the commands for both.

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Answer, Program, Storage, Tenant, TestApp, phone};

use crate::consent::{number, says};
use crate::imports::finished;

async fn send(tenant: &Tenant, table: impl Into<String>) -> Answer {
    tenant.http.raw(Method::POST, "/v1/contact-imports", table.into(), &[("content-type", "text/csv")]).await
}

async fn declare(tenant: &Tenant) {
    for (name, kind) in [("tier", "text"), ("visits", "number"), ("vip", "boolean"), ("since", "date")] {
        tenant.http.post("/v1/contact-attributes", &json!({"name": name, "type": kind})).await.expect(201);
    }
}

async fn contact(tenant: &Tenant, n: usize) -> Value {
    tenant.http.get(&format!("/v1/contacts?to={}", number(n))).await.expect(200)
}

/// The lines of a table, sorted, without the columns that every installation fills by itself.
fn lines(table: &str) -> Vec<String> {
    let mut lines: Vec<String> =
        table.lines().skip(1).map(|line| line.splitn(3, ',').nth(2).unwrap().to_owned()).collect();
    lines.sort();
    lines
}

both_engines! {
    async fn a_table_of_people_goes_in(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        declare(&tenant).await;
        let old = json!({"to": {"phone": phone(1)}, "language": "fr", "attributes": {"tier": "silver", "visits": 3}});
        tenant.http.post("/v1/contacts", &old).await.expect(200);
        tenant.http.post("/v1/contacts", &json!({"to": {"phone": phone(7)}})).await.expect(200);
        tenant.http.post("/v1/consents", &says(2, "marketing", false)).await.expect(201);
        let table = format!(
            "Phone;Email;Name;Time_Zone;Language;Tier;attributes.visits;VIP;Since\r\n\
             '{};ann@example.com;\"Ann; the first\";Europe/Berlin;;gold;7;yes;2025-05-03\r\n\
             {};;Ben;;;;;;\r\n\
             {};;;Nowhere/Land;;;;;\r\n\
             {};;;;;;many;;\r\n\
             {};;;;;;;perhaps;\r\n\
             {};;;;;;;;soon\r\n\
             {}|{};;;;;;;;\r\n\
             ;;Nobody;;;;;;\r\n",
            phone(1), phone(2), phone(3), phone(4), phone(5), phone(6), phone(1), phone(7),
        );
        let begun = send(&tenant, table).await.expect(202);
        assert_eq!((&begun["kind"], &begun["lines"]), (&json!("contacts"), &json!(8)));
        let report = finished(&tenant, &begun["id"]).await;
        assert_eq!((&report["good"], &report["bad"]), (&json!(2), &json!(6)), "{report}");
        let ann = contact(&tenant, 1).await;
        assert_eq!((&ann["name"], &ann["time_zone"], &ann["language"]), (&json!("Ann; the first"), &json!("Europe/Berlin"), &json!("fr")));
        assert_eq!(ann["attributes"], json!({"tier": "gold", "visits": 7, "vip": true, "since": "2025-05-03"}));
        assert_eq!(ann["identities"], json!([{"phone": phone(1)}, {"email": "ann@example.com"}]));
        let by_mail = tenant.http.get("/v1/contacts?to=ann@example.com").await.expect(200);
        assert_eq!(by_mail["id"], ann["id"]);
        assert_eq!(contact(&tenant, 2).await["name"], "Ben");
        let denied = tenant.http.post("/v1/messages", &tenant.marketing(2)).await.expect(202);
        assert_eq!(denied["reason"], "consent.suppressed", "a table changes nothing that was said");
        let refused = tenant.http.get(&format!("/v1/imports/{}/refused", begun["id"].as_str().unwrap())).await;
        let codes: Vec<&str> = refused.text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
        assert_eq!(codes, ["time_zone.form", "attribute.type", "attribute.type", "attribute.type", "contact.two", "recipient.missing"]);
        assert_ne!(contact(&tenant, 7).await["id"], ann["id"], "an import merges nobody");
        // The same again changes nothing, and says nothing.
        let changed = tenant.events_with("contact.changed", 3).await.iter().filter(|each| each["type"] == "contact.changed").count();
        let begun = send(&tenant, format!("phone,name\n{},Ben\n", phone(2))).await.expect(202);
        assert_eq!(finished(&tenant, &begun["id"]).await["good"], 1);
        let after = tenant.events_with("import.finished", 2).await;
        assert_eq!(after.iter().filter(|each| each["type"] == "contact.changed").count(), changed);
        assert!(!json!(after).to_string().contains("Ben"), "the log knows no names");
        for (table, code) in [
            ("phone,nickname\n+491701234567,x\n", "csv.column"),
            ("phone,attributes.unheard\n+491701234567,x\n", "csv.column"),
            ("phone,granted\n+491701234567,yes\n", "csv.column"),
            ("phone,tier,attributes.tier\n+491701234567,x,y\n", "csv.column"),
            ("name\nAnn\n", "csv.column"),
        ] {
            let refused = send(&tenant, table).await.expect(400);
            assert_eq!(refused["errors"][0]["code"], code, "{table}");
        }
    }

    async fn all_contacts_leave_as_a_table_that_goes_in_elsewhere(storage: Storage) {
        let app = TestApp::start(storage).await;
        let (tenant, other) = (app.tenant().await, app.tenant_number(1).await);
        declare(&tenant).await;
        declare(&other).await;
        // More than what is read at once.
        let rows: String = (0..600).map(|n| format!("+4917{:08},p{n}@example.com,=Name {n},-{n}\n", n + 10_000_000)).collect();
        let begun = send(&tenant, format!("phone,email,name,visits\n{rows}")).await.expect(202);
        assert_eq!(finished(&tenant, &begun["id"]).await["good"], 600);
        let gone = tenant.http.get("/v1/contacts?to=%2B491710000007").await.expect(200);
        tenant.http.call(Method::DELETE, &format!("/v1/contacts/{}", gone["id"].as_str().unwrap()), None, &[]).await.expect(200);
        let table = tenant.http.get("/v1/contacts/export").await;
        assert_eq!((table.status, table.header("content-type")), (200, Some("text/csv; charset=utf-8")));
        assert_eq!(table.text.lines().next().unwrap(), "id,created_at,phone,bsuid,email,name,time_zone,language,attributes.since,attributes.tier,attributes.vip,attributes.visits");
        assert_eq!(table.text.lines().count(), 600, "the head, and all but the erased one");
        assert!(table.text.contains(",'=Name 5,") && !table.text.contains(",=Name"), "no formula");
        let ndjson = tenant.http.get("/v1/contacts/export?format=ndjson").await;
        let line = ndjson.text.lines().find(|line| line.contains("\"=Name 599\"")).unwrap();
        let one: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&one["attributes"]["visits"], &one["identities"][1]["email"]), (&json!(-599), &json!("p599@example.com")));
        let mut pages = String::new();
        let mut cursor = String::new();
        loop {
            let page = tenant.http.get(&format!("/v1/contacts/export?limit=250{cursor}")).await;
            pages.push_str(&page.text);
            match page.header("tidings-next-cursor") {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(pages, table.text, "by pages it is the same");
        let begun = send(&other, table.text.clone()).await.expect(202);
        let report = finished(&other, &begun["id"]).await;
        assert_eq!((&report["good"], &report["bad"]), (&json!(599), &json!(0)));
        let copy = other.http.get("/v1/contacts/export").await;
        assert_eq!(lines(&copy.text), lines(&table.text));
        let told = tenant.events_with("contact.exported", 3).await;
        assert_eq!(told.iter().filter(|each| each["type"] == "contact.exported").count(), 3, "each begun export is told once");
        let page = tenant.http.get("/v1/contacts?limit=2").await.expect(200);
        let order: Vec<Value> = ndjson.text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone()).collect();
        assert_eq!((page["contacts"].as_array().unwrap().len(), &page["contacts"][0]["id"]), (2, &order[0]));
        let next = tenant.http.get(&format!("/v1/contacts?limit=2&cursor={}", page["next_cursor"].as_str().unwrap())).await.expect(200);
        assert_eq!(next["contacts"][0]["id"], order[2]);
        tenant.http.get("/v1/contacts/export?format=pdf").await.expect(400);
        tenant.http.get("/v1/contacts/export?limit=0").await.expect(400);
        tenant.http.get("/v1/contacts/export?cursor=x").await.expect(400);
        let analyst = tenant.http.post("/v1/keys", &json!({"name": "k", "role": "developer", "permissions": ["messages:read"]})).await.expect(201);
        let analyst = app.http.with_token(analyst["key"].as_str().unwrap());
        assert_eq!(analyst.get("/v1/contacts/export").await.status, 403);
        assert_eq!(analyst.get("/v1/contacts").await.status, 403);
    }

    async fn the_contact_command_does_it_too(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let program = Program::default().with("TIDINGS_SERVER", &app.http.base).with("TIDINGS_KEY", &tenant.key);
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let contact = async |args: &[&str]| program.json(&[&["contact"], args, &["--json"]].concat()).await;
        contact(&["declare", "tier", "text"]).await;
        contact(&["declare", "visits", "number"]).await;
        std::fs::write(path("in.csv"), format!("phone,name,visits\n{},Ann,7\n{},Ben,many\n{},Cleo,\n", phone(1), phone(2), phone(3))).unwrap();
        let report = contact(&["import", &path("in.csv"), "--refused", &path("refused.csv")]).await;
        assert_eq!((&report["good"], &report["bad"]), (&json!(2), &json!(1)));
        assert!(std::fs::read_to_string(path("refused.csv")).unwrap().contains("attribute.type"));
        let ben = contact(&["set", "--to", &phone(2), "--name", "Ben", "--attribute", "tier=gold", "--attribute", "visits=2"]).await;
        assert_eq!(ben["attributes"], json!({"tier": "gold", "visits": 2}));
        let list = program.run(&["contact", "list"]).await;
        assert!(list.stdout.contains("Ann") && list.stdout.contains("Cleo"), "{}", list.stdout);
        let merged = contact(&["merge", &phone(1), &phone(2)]).await;
        assert_eq!(merged["identities"].as_array().map(Vec::len), Some(2));
        let split = contact(&["split", &phone(1), "--address", &phone(2)]).await;
        assert_eq!(split["identities"], json!([{"phone": phone(2)}]));
        let shown = contact(&["show", &phone(1)]).await;
        let what: Vec<&str> = shown["history"].as_array().unwrap().iter().map(|each| each["what"].as_str().unwrap()).collect();
        assert!(what.contains(&"merged") && what.contains(&"split"), "{what:?}");
        for (format, file) in [("csv", "out.csv"), ("ndjson", "out.ndjson")] {
            let told = contact(&["export", "--format", format, "--output", &path(file)]).await;
            assert_eq!(told["format"], format);
            assert!(std::fs::read_to_string(path(file)).unwrap().contains("Cleo"));
        }
        let plain = program.run(&["contact", "export"]).await;
        assert_eq!((plain.code, plain.stdout), (Some(0), std::fs::read_to_string(path("out.csv")).unwrap()));
        assert_eq!(program.run(&["contact", "export", "--json"]).await.code, Some(2));
        let person = contact(&["export", &phone(3)]).await;
        assert_eq!((&person["name"], &person["messages_sent"]), (&json!("Cleo"), &json!([])));
        assert_eq!(program.run(&["contact", "erase", &phone(3)]).await.code, Some(2), "it must be meant");
        let report = contact(&["erase", &phone(3), "--yes"]).await;
        assert_eq!(report["identities"], 1);
        assert_eq!(program.run(&["contact", "show", &phone(3)]).await.code, Some(1));
    }
}

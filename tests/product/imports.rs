//! Many consents at once: streamed in, read behind the request, good lines counted, bad ones given back.

use http::Method;
use serde_json::{Value, json};

use tidings_tests::both_engines;
use tidings_tests::support::{Answer, Program, Storage, Tenant, TestApp, eventually, phone};

use crate::consent::{number, says};

async fn send(tenant: &Tenant, query: &str, table: impl Into<String>) -> Answer {
    let path = format!("/v1/consent-imports{query}");
    tenant.http.raw(Method::POST, &path, table.into(), &[("content-type", "text/csv")]).await
}

pub async fn finished(tenant: &Tenant, id: &Value) -> Value {
    let path = format!("/v1/imports/{}", id.as_str().unwrap());
    eventually("the import's end", async || {
        let report = tenant.http.get(&path).await.expect(200);
        (report["state"] == "finished").then_some(report)
    })
    .await
}

async fn granted(tenant: &Tenant, n: usize) -> Value {
    let list = tenant.http.get(&format!("/v1/consents?to={}", number(n))).await.expect(200);
    list["consents"][0]["granted"].clone()
}

both_engines! {
    async fn good_lines_count_and_bad_ones_come_back(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        tenant.http.post("/v1/consents", &says(7, "marketing", false)).await.expect(201);
        // With a mark of the byte order, semicolons, quotes, a line break in a field, and what spreadsheets do to numbers.
        let table = format!(
            "\u{feff}Phone;Granted;At;Text;Source_Detail\r\n\
             {};yes;2025-05-03T14:00:00Z;\"Yes, Acme may\nwrite to me\";\"fair; stand 3\"\r\n\
             '{};no;;;\r\n\
             12;yes;;;\r\n\
             {};perhaps;;;\r\n\
             {};yes;soon;;\r\n\
             {};yes;2999-01-01;;\r\n\
             {};yes;;;\r\n\
             {};yes\r\n\
             \r\n\
             =cmd();yes;;;\r\n\
             {};opt-in;2025-05-03;;\n",
            phone(1), phone(2), phone(4), phone(5), phone(6), phone(7), phone(8), phone(9),
        );
        let answer = send(&tenant, "?source_detail=old+system", table).await;
        let begun = answer.expect(202);
        assert_eq!(begun["lines"], 10, "{begun}");
        let report = finished(&tenant, &begun["id"]).await;
        assert_eq!((&report["good"], &report["bad"], &report["done"]), (&json!(3), &json!(7), &json!(10)), "{report}");
        let list = tenant.http.get(&format!("/v1/consents?to={}", number(1))).await.expect(200);
        let entry = &list["consents"][0];
        assert_eq!((&entry["granted"], &entry["source"], &entry["source_detail"]), (&json!(true), &json!("import"), &json!("fair; stand 3")));
        assert_eq!((&entry["at"], &entry["proof"]["text"]), (&json!("2025-05-03T14:00:00.000Z"), &json!("Yes, Acme may\nwrite to me")));
        assert_eq!((granted(&tenant, 2).await, granted(&tenant, 9).await), (json!(false), json!(true)));
        assert_eq!(granted(&tenant, 7).await, json!(false), "a grant without a time lifts no opt-out");
        let refused = tenant.http.get(&format!("/v1/imports/{}/refused", begun["id"].as_str().unwrap())).await;
        assert_eq!((refused.status, refused.header("content-type")), (200, Some("text/csv; charset=utf-8")));
        let lines: Vec<&str> = refused.text.lines().collect();
        let codes: Vec<(&str, &str)> = lines[1..].iter().map(|line| {
            let mut parts = line.split(',');
            (parts.next().unwrap(), parts.next().unwrap())
        }).collect();
        assert_eq!(lines[0], "line,code,problem,phone,granted,at,text,source_detail");
        assert_eq!(codes, [
            ("5", "phone.needs_plus"), ("6", "granted.unknown"), ("7", "time.form"), ("8", "time.future"),
            ("9", "consent.opted_out"), ("10", "csv.fields"), ("12", "phone.needs_plus"),
        ]);
        assert!(refused.text.contains("'=cmd()"), "no formula: {}", refused.text);
        // Put right, the report is a table of its own.
        let again = refused.text.replace(",soon,", ",2025-01-01,");
        let begun = send(&tenant, "", again).await.expect(202);
        let report = finished(&tenant, &begun["id"]).await;
        assert_eq!(report["good"], 1, "{report}");
        let list = tenant.http.get("/v1/imports?limit=1").await.expect(200);
        assert_eq!(list["imports"][0]["id"], begun["id"]);
        tenant.events_with("import.finished", 2).await;
    }

    async fn a_table_that_is_none_is_refused_whole(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        for (table, code) in [
            (String::new(), "csv.empty"),
            ("phone,granted".to_owned(), "csv.empty"),
            ("phone,grnated\n+491701234567,yes\n".to_owned(), "csv.column"),
            ("granted\nyes\n".to_owned(), "csv.column"),
            ("phone,phone\n1,2\n".to_owned(), "csv.column"),
            (format!("phone,granted\n\"{}", "x".repeat(70_000)), "csv.endless"),
        ] {
            let refused = send(&tenant, "", table).await.expect(400);
            assert_eq!(refused["errors"][0]["code"], code, "{refused}");
        }
        let refused = send(&tenant, "?purpose=unheard", "phone\n+491701234567\n").await.expect(400);
        assert_eq!(refused["errors"][0]["field"], "purpose");
        let body = json!({}).to_string();
        let answer = tenant.http.raw(Method::POST, "/v1/consent-imports", body, &[("content-type", "application/json")]).await;
        assert_eq!(answer.status, 415);
        let list = tenant.http.get("/v1/imports").await.expect(200);
        let running = list["imports"].as_array().unwrap().iter().filter(|each| each["state"] != "receiving").count();
        assert_eq!(running, 0, "{list}");
    }

    async fn many_lines_go_in_portions(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let topic = json!({"code": "news", "category": "marketing", "titles": {"en": "News"}});
        tenant.http.post("/v1/topics", &topic).await.expect(201);
        let rows: String = (0..1_200).map(|n| format!("+4917{:08}\n", n + 10_000_000)).collect();
        let begun = send(&tenant, "?purpose=news&granted=true&channel=any", format!("phone\n{rows}")).await.expect(202);
        let report = finished(&tenant, &begun["id"]).await;
        assert_eq!((&report["lines"], &report["good"], &report["bad"]), (&json!(1_200), &json!(1_200), &json!(0)));
        let list = tenant.http.get("/v1/consents?to=%2B491710000000").await.expect(200);
        assert_eq!((&list["consents"][0]["purpose"], &list["consents"][0]["channel"]), (&json!("news"), &json!("any")));
    }

    async fn one_persons_ledger_leaves_as_a_table_and_as_json(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let mut said = says(1, "marketing", true);
        said["source_detail"] = json!("=HYPERLINK(\"https://evil.example\")");
        said["proof"] = json!({"text": "Yes, \"Acme\" may.\nReally."});
        tenant.http.post("/v1/consents", &said).await.expect(201);
        tenant.http.post("/v1/consents", &says(1, "marketing", false)).await.expect(201);
        tenant.http.post("/v1/consents", &says(2, "marketing", false)).await.expect(201);
        let path = format!("/v1/consents/export?to={}", number(1));
        let all = tenant.http.get(&path).await.expect(200);
        assert_eq!(all["consents"].as_array().map(Vec::len), Some(2));
        let table = tenant.http.get(&format!("{path}&format=csv")).await;
        assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
        assert!(table.text.contains("'=HYPERLINK") && table.text.contains(&format!("'{}", phone(1))), "{}", table.text);
        assert!(table.text.contains("\"Yes, \"\"Acme\"\" may.\nReally.\"") && !table.text.contains(&phone(2)));
        tenant.http.get(&format!("{path}&format=pdf")).await.expect(400);
    }

    async fn the_command_line_does_it_too(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let program = Program::default().with("TIDINGS_SERVER", &app.http.base).with("TIDINGS_KEY", &tenant.key);
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("consents.csv");
        std::fs::write(&file, format!("phone,granted\n{},yes\n12,yes\n", phone(1))).unwrap();
        let refused = dir.path().join("refused.csv");
        let (file, refused) = (file.to_str().unwrap(), refused.to_str().unwrap());
        let report = program.json(&["consent", "import", file, "--refused", refused, "--json"]).await;
        assert_eq!((&report["good"], &report["bad"]), (&json!(1), &json!(1)));
        assert!(std::fs::read_to_string(refused).unwrap().contains("phone.needs_plus"));
        program.json(&["consent", "revoke", "--to", &phone(1), "--source", "point_of_sale", "--json"]).await;
        let state = program.json(&["consent", "state", "--to", &phone(1), "--json"]).await;
        assert_eq!((&state["held"][0]["state"], &state["held"][0]["decided_by"]["source"]), (&json!("revoked"), &json!("point_of_sale")));
        let table = program.run(&["consent", "export", "--to", &phone(1), "--csv"]).await;
        assert_eq!((table.code, table.stdout.lines().count()), (Some(0), 3), "{}", table.stdout);
        let settings = program.json(&["consent", "settings", "--marketing", "opt-in", "--json"]).await;
        assert_eq!(settings["marketing"], "opt_in");
        program.json(&["consent", "topic", "news", "--title", "en=News", "--json"]).await;
        let topics = program.run(&["consent", "topics"]).await;
        assert!(topics.stdout.contains("news"), "{}", topics.stdout);
        let link = program.json(&["consent", "link", "--to", &phone(1), "--json"]).await;
        assert!(link["url"].as_str().unwrap().contains("/p/main/"));
    }
}

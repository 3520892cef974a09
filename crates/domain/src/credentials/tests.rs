use super::*;

fn codes(kind: ProviderKind, json: serde_json::Value) -> Vec<(String, &'static str)> {
    match Connection::read(kind, &json.to_string()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| (problem.field, problem.code)).collect(),
    }
}

#[test]
fn each_provider_reads_its_own_form() {
    use ProviderKind::{Cloud, Smpp, SmsHttp, Smtp, Ultramsg};
    for (kind, json, wrong) in [
        (Smpp, serde_json::json!({"host": "smsc.example", "port": 2775, "system_id": "me"}), vec![]),
        (Smpp, serde_json::json!({"host": "::1", "port": 2775, "system_id": "me", "tls": true}), vec![]),
        (
            Smpp,
            serde_json::json!({"host": "smsc.example", "port": 2775}),
            vec![("connection.system_id", "field.missing")],
        ),
        (
            Smpp,
            serde_json::json!({"host": "smsc.example", "port": "2775", "system_id": "me"}),
            vec![("connection.port", "field.invalid")],
        ),
        (
            Smpp,
            serde_json::json!({"host": "http://smsc.example", "port": 0, "system_id": "a-name-that-is-long", "window": 0}),
            vec![
                ("connection.host", "host.form"),
                ("connection.port", "port.zero"),
                ("connection.system_id", "field.form"),
                ("connection.window", "field.range"),
            ],
        ),
        (
            Smpp,
            serde_json::json!({"host": "h", "port": 1, "system_id": "me", "passwort": "x"}),
            vec![("connection.passwort", "field.unknown")],
        ),
        (SmsHttp, serde_json::json!({"base_url": "https://api.example", "account_sid": "AC1"}), vec![]),
        (
            SmsHttp,
            serde_json::json!({"base_url": "https://user:pw@api.example", "account_sid": "../x", "status_callback": "here"}),
            vec![
                ("connection.base_url", "base_url.form"),
                ("connection.account_sid", "field.form"),
                ("connection.status_callback", "status_callback.form"),
            ],
        ),
        (
            Ultramsg,
            serde_json::json!({"base_url": "ftp://x", "instance_id": "i"}),
            vec![("connection.base_url", "base_url.form")],
        ),
        (
            Smtp,
            serde_json::json!({"host": "mail.example", "port": 587, "username": "a b"}),
            vec![("connection.username", "field.form")],
        ),
        (Smtp, serde_json::json!([]), vec![("connection", "field.invalid")]),
        (Cloud, serde_json::json!({}), vec![("connection", "connection.unwanted")]),
    ] {
        let wrong: Vec<(String, &str)> =
            wrong.into_iter().map(|(field, code): (&str, &str)| (field.to_owned(), code)).collect();
        let found = codes(kind, json.clone());
        // Arrays are read as the fields in order.
        if json.is_array() {
            assert!(!found.is_empty(), "{json}");
            continue;
        }
        assert_eq!(found, wrong, "{json}");
    }
}

#[test]
fn what_is_wrong_is_said_without_the_value() {
    let json = r#"{"host": "smsc.example", "port": "hunter2", "system_id": "me"}"#;
    let problems = Connection::read(ProviderKind::Smpp, json).expect_err("a port is a number");
    assert!(!problems[0].detail.contains("hunter2"), "{}", problems[0].detail);
    assert_eq!(problems[0].detail, "expected u16");
}

#[test]
fn settings_have_defaults_and_come_back_as_stored() {
    let json = r#"{"host": "smsc.example", "port": 2775, "system_id": "me"}"#;
    let read = Connection::read(ProviderKind::Smpp, json).expect("complete");
    assert_eq!(read, Connection::Smpp(Smpp::new("smsc.example", 2775, "me")));
    assert_eq!(read.reference(), "me@smsc.example:2775");
    let stored = serde_json::to_string(&read).expect("string keys");
    assert_eq!(serde_json::from_str::<Connection>(&stored).expect("reads back"), read);
}

#[test]
fn tokens_fit_their_provider() {
    let smpp = Connection::Smpp(Smpp::new("h", 1, "me"));
    let open = Connection::Smtp(Smtp::new("h", 25, ""));
    let closed = Connection::Smtp(Smtp::new("h", 25, "me"));
    for (connection, token, fits) in [
        (&smpp, "password", true),
        (&smpp, "passwords", false),
        (&smpp, "", false),
        (&open, "", true),
        (&open, "secret", false),
        (&closed, "secret", true),
        (&closed, "", false),
    ] {
        assert_eq!(
            connection.check_token(&Secret::new(token)).is_ok(),
            fits,
            "{connection:?} {}",
            token.len()
        );
    }
}

use serde_json::{Value, json};
use tidings_domain::provider::CallbackError;

use super::super::parse;
use super::{envelope, facts, line, read, value};

#[test]
fn only_what_is_no_json_object_is_malformed() {
    for body in [
        "",
        " ",
        "null",
        "[]",
        "\"x\"",
        "12",
        "{",
        "{}x",
        "{\"object\":}",
        "\u{feff}{}",
        "hub.mode=subscribe",
    ] {
        assert_eq!(parse(body.as_bytes()).map(|_| ()), Err(CallbackError::Malformed), "{body}");
    }
    assert_eq!(parse(b"{\"a\":\"\xff\"}").map(|_| ()), Err(CallbackError::Malformed));
    let deep = "[".repeat(100_000);
    assert_eq!(parse(deep.as_bytes()).map(|_| ()), Err(CallbackError::Malformed));
}

#[test]
fn an_object_that_is_not_ours_is_kept_whole() {
    for body in [
        "{}",
        r#"{"object":"page","entry":[{"id":"1"}]}"#,
        r#"{"object":"whatsapp_business_account"}"#,
        r#"{"object":"whatsapp_business_account","entry":[]}"#,
        r#"{"object":"whatsapp_business_account","entry":{"id":"20"}}"#,
        r#"{"object":"whatsapp_business_account","entry":[7]}"#,
        r#"{"object":"whatsapp_business_account","entry":[{"id":"20"}]}"#,
        r#"{"object":"whatsapp_business_account","entry":[{"id":"20","changes":"x"}]}"#,
        r#"{"object":"whatsapp_business_account","entry":[{"changes":[{"field":"messages","value":{}}]}]}"#,
        r#"{"object":"whatsapp_business_account","entry":[{"id":"20","changes":[{"field":"messages"}]}]}"#,
        r#"{"object":"whatsapp_business_account","object":"twice","entry":[]}"#,
        r#"{"messaging_product":"whatsapp","history":[]}"#,
    ] {
        let entries = read(body);
        let found: Vec<_> =
            entries.iter().map(|entry| (entry.account_ref.as_str(), line(&entry.facts[0]))).collect();
        assert_eq!(found, [("", format!("other  {body}"))]);
    }
}

#[test]
fn odd_neighbours_cost_nothing() {
    let good = |id: &str| json!({"field": "messages", "value": value(json!({"statuses": [{"id": id, "status": "sent", "timestamp": "1790000001"}]}))});
    let body = envelope(json!([
        null,
        {"id": "20", "changes": [good("a"), 5, {"field": "never_seen", "value": [1]}, {"value": {"x": 1}}, good("b")]},
        {"id": 21, "changes": [good("c")]},
    ]));
    let entries = read(&body);
    let found: Vec<(&str, Option<&str>, Vec<String>)> = entries
        .iter()
        .map(|entry| {
            (entry.account_ref.as_str(), entry.sender_ref.as_deref(), entry.facts.iter().map(line).collect())
        })
        .collect();
    let sent = |id: &str| format!("{id} sent at 1790000001 by ");
    assert_eq!(
        found,
        [
            ("20", Some("10650"), vec![sent("a")]),
            ("20", None, vec!["other never_seen [1]".to_owned(), r#"other  {"x":1}"#.to_owned()]),
            ("20", Some("10650"), vec![sent("b")]),
            ("21", Some("10650"), vec![sent("c")]),
            ("", None, vec![format!("other  {body}")]),
        ]
    );
}

#[test]
fn changes_of_one_sender_become_one_entry() {
    let of = |number: &str, id: &str| {
        let mut value = value(json!({"statuses": [{"id": id, "status": "sent"}]}));
        value["metadata"]["phone_number_id"] = number.into();
        json!({"value": value, "field": "messages"})
    };
    let body = envelope(json!([
        {"id": "20", "changes": [of("1", "a"), of("1", "b"), of("2", "c")]},
        {"id": "20", "changes": [of("2", "d")]},
        {"id": "30", "changes": [of("2", "e")]},
    ]));
    let entries = read(&body);
    let found: Vec<_> = entries
        .iter()
        .map(|entry| (entry.account_ref.as_str(), entry.sender_ref.as_deref().unwrap(), entry.facts.len()))
        .collect();
    assert_eq!(found, [("20", "1", 2), ("20", "2", 2), ("30", "2", 1)]);
}

#[test]
fn a_value_with_nothing_in_it_and_lists_that_are_none_are_kept() {
    let of = |members: Value| {
        let value = value(members);
        (facts(&super::change("messages", value.clone())), format!("other messages {value}"))
    };
    for members in [
        json!({}),
        json!({"contacts": []}),
        json!({"statuses": {"id": "a"}}),
        json!({"messages": "none", "errors": 5}),
    ] {
        let (found, want) = of(members);
        assert_eq!(found, [want]);
    }
    assert_eq!(of(json!({"statuses": null, "messages": [1]})).0, ["other messages.messages 1"]);
}

/// The same keys in another order, escaped, and with blanks, mean the same.
#[test]
fn form_does_not_matter() {
    let body = r#"{ "entry" : [ { "changes" : [ { "value" : { "statuses" : [ { "timestamp" : 1790000001 ,
        "st\u0061tus" : "re\u0061d" , "id" : "w\u0061mid.A" } ] , "metadata" : { "phone_number_id" : 10650 } } ,
        "field" : "mess\u0061ges" } ] , "id" : 20 } ] , "object" : "whatsapp_business_account" }"#;
    let entries = read(body);
    assert_eq!((entries[0].account_ref.as_str(), entries[0].sender_ref.as_deref()), ("20", Some("10650")));
    assert_eq!(line(&entries[0].facts[0]), "wamid.A read at 1790000001 by ");
}

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::parse;
use super::{change, value};

/// Any JSON, with the keys and words that the reader looks for among its texts.
fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        Just("messages"),
        Just("statuses"),
        Just("id"),
        Just("status"),
        Just("sent"),
        Just("failed"),
        Just("type"),
        Just("from"),
        Just("text"),
        Just("body"),
        Just("system"),
        Just("edit"),
        Just("message"),
        Just("contacts"),
        Just("errors"),
        Just("code"),
        Just("pricing"),
        Just("timestamp"),
        Just("1790000001"),
        Just("4915112345678"),
        Just("DE.1"),
        Just("event"),
        Just("value"),
        Just("field"),
        Just("changes"),
        Just("é\u{0}\"\\"),
    ]
    .prop_map(str::to_owned);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map(text.clone(), inner, 0..6)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn fields() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "messages",
        "account_update",
        "account_alerts",
        "message_template_status_update",
        "template_category_update",
        "user_preferences",
        "history",
        "security",
        "phone_number_name_update",
        "never_seen",
    ])
}

proptest! {
    #[test]
    fn bytes_never_panic(body in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&body);
    }

    #[test]
    fn every_json_object_is_read(members in any_json(), object in any::<bool>()) {
        let body = json!({"object": if object { json!("whatsapp_business_account") } else { members.clone() }, "entry": members});
        prop_assert!(!parse(body.to_string().as_bytes()).unwrap().is_empty());
    }

    #[test]
    fn every_value_of_every_field_gives_facts(field in fields(), members in any_json()) {
        let entries = parse(change(field, members).as_bytes()).unwrap();
        prop_assert!(entries.iter().all(|entry| !entry.facts.is_empty() && entry.account_ref == "20"));
    }

    #[test]
    fn no_item_spoils_a_receipt_beside_it(before in any_json(), after in any_json()) {
        let good = json!({"id": "wamid.GOOD", "status": "read", "timestamp": "1790000001"});
        let body = change("messages", value(json!({"statuses": [before, good, after], "messages": [after, before]})));
        let found = super::facts(&body).into_iter().filter(|line| line.starts_with("wamid.GOOD read at 1790000001")).count();
        prop_assert_eq!(found, 1);
        prop_assert_eq!(super::facts(&body).len(), 5);
    }

    #[test]
    fn a_cut_body_is_malformed(at in 1usize..200) {
        let body = change("messages", value(json!({"statuses": [{"id": "w", "status": "read"}]})));
        let at = at.min(body.len() - 1);
        prop_assert!(parse(&body.as_bytes()[..at]).is_err());
    }
}

use super::*;

const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

fn problems(json: &str) -> Vec<(String, &'static str)> {
    match Intent::parse(json.as_bytes(), NOW) {
        Ok(_) => Vec::new(),
        Err(found) => found.into_iter().map(|each| (each.field, each.code)).collect(),
    }
}

#[test]
fn reads_the_three_kinds_of_content() {
    let text = r#"{"to":{"phone":"+491701234567"},"text":{"body":"hi"},"reference":"r1","metadata":{"a":1}}"#;
    let intent = Intent::parse(text.as_bytes(), NOW).unwrap();
    assert_eq!(intent.reference.as_deref(), Some("r1"));
    assert!(matches!(intent.body, Body::Message(_)));
    let template =
        r#"{"to":{"phone":"+491701234567"},"template":{"name":"t","language":"en","variables":["a"]}}"#;
    assert!(matches!(Intent::parse(template.as_bytes(), NOW).unwrap().body, Body::Template { .. }));
    let object = r#"{"to":{"bsuid":"US.123"},"whatsapp":{"type":"text","text":{"body":"hi"}}}"#;
    assert!(matches!(Intent::parse(object.as_bytes(), NOW).unwrap().body, Body::Message(_)));
}

#[test]
fn names_the_field_and_the_rule() {
    let long = format!(r#"{{"to":{{"phone":"+491701234567"}},"text":{{"body":"{}"}}}}"#, "x".repeat(4_097));
    let table: &[(&str, &str, &str)] = &[
        (r#"{"to":{"phone":"+491701234567"}}"#, "template", "content.one"),
        (r#"{"to":{},"text":{"body":"hi"}}"#, "to", "recipient.one"),
        (r#"{"to":{"phone":"12"},"text":{"body":"hi"}}"#, "to.phone", ""),
        (r#"{"to":{"contact":"con_x"},"text":{"body":"hi"}}"#, "to.contact", "id.malformed"),
        (r#"{"to":{"phone":"+491701234567"},"txt":{"body":"hi"}}"#, "txt", "field.unknown"),
        (
            r#"{"to":{"phone":"+491701234567"},"text":{"body":"hi"},"send_at":"2099-01-01T00:00:00Z"}"#,
            "send_at",
            "time.too_far",
        ),
        (
            r#"{"to":{"phone":"+491701234567"},"text":{"body":"hi"},"expires_at":"2020-01-01T00:00:00Z"}"#,
            "expires_at",
            "time.past",
        ),
        (
            r#"{"to":{"phone":"+491701234567"},"text":{"body":"hi"},"send_at":"soon"}"#,
            "send_at",
            "field.invalid",
        ),
        (
            r#"{"to":{"phone":"+491701234567"},"text":{"body":"hi"},"metadata":[]}"#,
            "metadata",
            "metadata.object",
        ),
        (r#"{"to":{"phone":"+491701234567"},"text":"#, "text", "json.malformed"),
        (&long, "", ""),
    ];
    for (json, field, code) in table {
        let found = problems(json);
        assert!(!found.is_empty(), "{json}");
        assert!(found.iter().any(|(f, c)| f.contains(field) && c.contains(code)), "{json}: {found:?}");
    }
}

#[test]
fn a_problem_never_repeats_the_value() {
    let json = r#"{"to":{"phone":42424242},"text":{"body":"hi"}}"#;
    let found = Intent::parse(json.as_bytes(), NOW).unwrap_err();
    assert!(!format!("{found:?}").contains("42424242"), "{found:?}");
}

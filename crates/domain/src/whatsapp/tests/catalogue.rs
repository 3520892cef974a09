use serde_json::{Value, json};

use crate::whatsapp::{ButtonNeed, HeaderNeed, ParameterFormat, Template, TemplateDefinition};

pub(super) fn definition(category: &str, components: Value) -> TemplateDefinition {
    let item = json!({
        "name": "parcel_left", "language": "en_US", "category": category, "status": "APPROVED", "id": "1",
        "components": components, "quality_score": {"score": "GREEN"}
    });
    TemplateDefinition::from_json(item.to_string().as_bytes()).expect("a definition")
}

pub(super) fn full() -> TemplateDefinition {
    definition(
        "UTILITY",
        json!([
            {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["h"]}},
            {"type": "BODY", "text": "Hi {{1}}, parcel {{2}} left. Thanks, {{1}}!", "example": {"body_text": [["Ann", "7"]]}},
            {"type": "FOOTER", "text": "Shop"},
            {"type": "BUTTONS", "buttons": [
                {"type": "QUICK_REPLY", "text": "Stop"},
                {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550100"},
                {"type": "URL", "text": "Track", "url": "https://example.org/{{1}}"},
                {"type": "URL", "text": "Home", "url": "https://example.org/"}
            ]}
        ]),
    )
}

fn send(components: Value) -> Template {
    serde_json::from_value(
        json!({"name": "parcel_left", "language": {"code": "en_US"}, "components": components}),
    )
    .unwrap()
}

fn image() -> Value {
    json!({"type": "header", "parameters": [{"type": "image", "image": {"id": "1"}}]})
}

fn texts(values: &[&str]) -> Value {
    let parameters: Vec<Value> = values.iter().map(|text| json!({"type": "text", "text": text})).collect();
    json!({"type": "body", "parameters": parameters})
}

fn link(index: u32) -> Value {
    json!({"type": "button", "sub_type": "url", "index": index.to_string(), "parameters": [{"type": "text", "text": "7"}]})
}

#[track_caller]
fn misfit(definition: &TemplateDefinition, components: Value, field: &str, code: &str) {
    let problems = definition.check(&send(components)).expect_err("does not fit");
    let found = problems.iter().any(|problem| problem.field == field && problem.code == code);
    assert!(found, "{field} {code} is not among {problems:#?}");
}

#[test]
fn definitions_are_read_leniently() {
    let full = full();
    assert_eq!(
        (full.name.as_str(), full.language.as_str(), full.status.as_str()),
        ("parcel_left", "en_US", "APPROVED")
    );
    let stored = serde_json::to_vec(&full).unwrap();
    assert_eq!(TemplateDefinition::from_json(&stored), Some(full));
    let bare = TemplateDefinition::from_json(
        br#"{"name":"a","components":null,"status":null,"parameter_format":"ODD"}"#,
    )
    .unwrap();
    assert!(bare.components.is_empty() && bare.parameter_format.is_none());
    assert!(bare.check(&send(json!([texts(&["a"])]))).is_ok(), "nothing is known of it");
    assert_eq!(TemplateDefinition::from_json(b"{}"), None);
    assert_eq!(TemplateDefinition::from_json(b"not json"), None);
}

#[test]
fn needs_are_read_off_the_definition() {
    let needs = full().parameters();
    assert_eq!(needs.header, HeaderNeed::Media("image"));
    assert_eq!(needs.body, ["1", "2"]);
    assert_eq!(
        needs.buttons,
        [
            ButtonNeed { index: 0, sub_type: "quick_reply", required: false },
            ButtonNeed { index: 2, sub_type: "url", required: true },
        ]
    );
    assert!(!needs.is_empty());
    let plain = definition("UTILITY", json!([{"type": "BODY", "text": "Hello. {{ }} {{a b}} {{"}]));
    assert!(plain.parameters().is_empty());
    for (format, need) in [
        ("VIDEO", HeaderNeed::Media("video")),
        ("GIF", HeaderNeed::Media("gif")),
        ("DOCUMENT", HeaderNeed::Media("document")),
        ("LOCATION", HeaderNeed::Location),
        ("TEXT", HeaderNeed::None),
    ] {
        let header = definition(
            "UTILITY",
            json!([{"type": "HEADER", "format": format}, {"type": "BODY", "text": "a"}]),
        );
        assert_eq!(header.parameters().header, need);
    }
    let named = definition("UTILITY", json!([{"type": "BODY", "text": "{{first_name}} and {{order}}"}]));
    assert_eq!(
        (named.format(), named.parameters().body),
        (ParameterFormat::Named, vec!["first_name".into(), "order".into()])
    );
    assert_eq!(full().format(), ParameterFormat::Positional);
    let eleven: String = (1..=11).rev().map(|n| format!("{{{{{n}}}}} ")).collect();
    let ordered = definition("UTILITY", json!([{"type": "BODY", "text": eleven}])).parameters().body;
    assert_eq!(ordered, (1..=11).map(|n| n.to_string()).collect::<Vec<_>>());
}

#[test]
fn fitting_sends_pass() {
    assert_eq!(full().check(&send(json!([image(), texts(&["Ann", "7"]), link(2)]))), Ok(()));
    let reply = json!({"type": "button", "sub_type": "QUICK_REPLY", "index": 0, "parameters": [{"type": "payload", "payload": "x"}]});
    assert_eq!(full().check(&send(json!([image(), texts(&["Ann", "7"]), link(2), reply]))), Ok(()));
}

#[test]
fn misfits_are_named() {
    let full = full();
    misfit(
        &full,
        json!([image(), texts(&["Ann"]), link(2)]),
        "template.components[1].parameters",
        "template.parameter_count",
    );
    misfit(
        &full,
        json!([image(), texts(&["Ann", "7", "x"]), link(2)]),
        "template.components[1].parameters",
        "template.parameter_count",
    );
    misfit(&full, json!([image(), link(2)]), "template.components", "template.parameter_count");
    misfit(&full, json!([texts(&["Ann", "7"]), link(2)]), "template.components", "template.header_missing");
    let video = json!({"type": "header", "parameters": [{"type": "video", "video": {"id": "1"}}]});
    misfit(
        &full,
        json!([video, texts(&["Ann", "7"]), link(2)]),
        "template.components[0].parameters[0].type",
        "template.header_type",
    );
    misfit(&full, json!([image(), texts(&["Ann", "7"])]), "template.components", "template.button_missing");
    misfit(
        &full,
        json!([image(), texts(&["Ann", "7"]), link(2), link(3)]),
        "template.components[3].index",
        "template.button_unexpected",
    );
    let reply = json!({"type": "button", "sub_type": "quick_reply", "index": 2, "parameters": [{"type": "payload", "payload": "x"}]});
    misfit(
        &full,
        json!([image(), texts(&["Ann", "7"]), reply]),
        "template.components[2].sub_type",
        "template.button_type",
    );
    let long = "x".repeat(1000);
    misfit(
        &full,
        json!([image(), texts(&[&long, "7"]), link(2)]),
        "template.components[1].parameters",
        "template.too_long",
    );
    let named = json!({"type": "body", "parameters": [
        {"type": "text", "parameter_name": "a", "text": "x"}, {"type": "text", "parameter_name": "b", "text": "y"}
    ]});
    misfit(
        &full,
        json!([image(), named, link(2)]),
        "template.components[1].parameters",
        "template.parameter_names",
    );
    let plain = definition("UTILITY", json!([{"type": "BODY", "text": "Hello"}]));
    misfit(&plain, json!([image()]), "template.components[0]", "template.header_unexpected");
    misfit(&plain, json!([texts(&["a"])]), "template.components[0].parameters", "template.parameter_count");
    misfit(
        &plain,
        json!([{"type": "carousel", "cards": []}]),
        "template.components[0]",
        "template.carousel_unexpected",
    );
}

#[test]
fn names_must_match() {
    let named = definition(
        "UTILITY",
        json!([{"type": "HEADER", "format": "TEXT", "text": "For {{who}}"}, {"type": "BODY", "text": "{{first_name}}, {{order}}"}]),
    );
    let header = |text: &str| json!({"type": "header", "parameters": [{"type": "text", "parameter_name": "who", "text": text}]});
    let body = |names: &[&str]| {
        let parameters: Vec<Value> =
            names.iter().map(|name| json!({"type": "text", "parameter_name": name, "text": "x"})).collect();
        json!({"type": "body", "parameters": parameters})
    };
    assert_eq!(named.check(&send(json!([header("Ann"), body(&["order", "first_name"])]))), Ok(()));
    misfit(
        &named,
        json!([header("Ann"), body(&["order"])]),
        "template.components[1].parameters",
        "template.parameter_missing",
    );
    misfit(
        &named,
        json!([header("Ann"), body(&["order", "first_name", "last"])]),
        "template.components[1].parameters[2].parameter_name",
        "template.parameter_unknown",
    );
    misfit(
        &named,
        json!([header("Ann"), texts(&["a", "b"])]),
        "template.components[1].parameters",
        "template.parameter_names",
    );
    misfit(
        &named,
        json!([header(&"x".repeat(57)), body(&["order", "first_name"])]),
        "template.components[0].parameters",
        "template.too_long",
    );
}

#[test]
fn codes_stand_twice() {
    let code = definition(
        "AUTHENTICATION",
        json!([{"type": "BODY", "text": "*{{1}}* is your code."}, {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://example.org/otp/?code=otp{{1}}"}]}]),
    );
    let parts = |body: &str, button: &str| json!([texts(&[body]), {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": button}]}]);
    assert_eq!(code.check(&send(parts("123456", "123456"))), Ok(()));
    misfit(&code, parts("123456", "123457"), "template.components", "template.codes_differ");
    misfit(
        &code,
        parts("1234567890123456", "1234567890123456"),
        "template.components[0].parameters[0].text",
        "text.too_long",
    );
    misfit(&code, json!([texts(&["123456"])]), "template.components", "template.button_missing");
}

#[test]
fn offers_and_cards() {
    let offer = definition(
        "MARKETING",
        json!([
            {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Now", "has_expiration": true}},
            {"type": "BODY", "text": "{{1}}"},
            {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "example": "X"}]}
        ]),
    );
    assert!(offer.parameters().offer_end);
    let coupon = json!({"type": "button", "sub_type": "copy_code", "index": 0, "parameters": [{"type": "coupon_code", "coupon_code": "A1"}]});
    misfit(&offer, json!([texts(&["a"]), coupon]), "template.components", "template.offer_missing");
    let long = "x".repeat(601);
    misfit(
        &offer,
        json!([texts(&[&long]), coupon]),
        "template.components[0].parameters",
        "template.too_long",
    );

    let card = json!({"components": [
        {"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "Plant {{1}}"},
        {"type": "BUTTONS", "buttons": [{"type": "URL", "url": "https://example.org/{{1}}"}]}
    ]});
    let carousel = definition(
        "MARKETING",
        json!([{"type": "BODY", "text": "Hi"}, {"type": "CAROUSEL", "cards": [card, card]}]),
    );
    let sent = |index: u32, text: &str| json!({"card_index": index, "components": [image(), texts(&[text]), link(0)]});
    assert_eq!(
        carousel.check(&send(json!([{"type": "carousel", "cards": [sent(0, "a"), sent(1, "b")]}]))),
        Ok(())
    );
    misfit(
        &carousel,
        json!([{"type": "carousel", "cards": [sent(0, "a")]}]),
        "template.components[0].cards",
        "template.card_count",
    );
    misfit(&carousel, json!([]), "template.components", "template.card_count");
    let long = "x".repeat(160);
    misfit(
        &carousel,
        json!([{"type": "carousel", "cards": [sent(0, "a"), sent(1, &long)]}]),
        "template.components[0].cards[1].components[1].parameters",
        "template.too_long",
    );
}

#[test]
fn bodies_are_shown_as_people_read_them() {
    let text = full().hydrate_body(&send(json!([texts(&["Ann {{2}}", "7"])])));
    assert_eq!(text.as_deref(), Some("Hi Ann {{2}}, parcel 7 left. Thanks, Ann {{2}}!"));
    assert_eq!(
        full().hydrate_body(&send(json!([texts(&["Ann"])]))).as_deref(),
        Some("Hi Ann, parcel {{2}} left. Thanks, Ann!")
    );
    let odd = definition("UTILITY", json!([{"type": "BODY", "text": "{{1}} and {{"}]));
    assert_eq!(odd.hydrate_body(&send(json!([texts(&["a"])]))).as_deref(), Some("a and {{"));
}

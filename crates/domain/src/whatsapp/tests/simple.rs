use serde_json::{Value, json};

use super::catalogue::{definition, full};
use super::passes;
use crate::whatsapp::{TemplateDefinition, fill_template};

/// Fills, and makes sure that what comes out fits the definition and the platform's rules.
#[track_caller]
fn filled(definition: &TemplateDefinition, variables: Value) -> Value {
    let template = fill_template(definition, &variables).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(definition.check(&template), Ok(()));
    let value = serde_json::to_value(&template).unwrap();
    passes(&json!({"type": "template", "template": value}));
    assert_eq!((&value["name"], &value["language"]["code"]), (&json!("parcel_left"), &json!("en_US")));
    value.get("components").cloned().unwrap_or_else(|| json!([]))
}

#[track_caller]
fn refused(definition: &TemplateDefinition, variables: Value, field: &str, code: &str) {
    let problems = fill_template(definition, &variables).expect_err("refused");
    let found = problems.iter().any(|problem| problem.field == field && problem.code == code);
    assert!(found, "{field} {code} is not among {problems:#?}");
}

#[test]
fn a_list_fills_in_order() {
    let expected = json!([
        {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://example.org/a.png"}}]},
        {"type": "body", "parameters": [{"type": "text", "text": "Ann"}, {"type": "text", "text": "42"}]},
        {"type": "button", "sub_type": "url", "index": "2", "parameters": [{"type": "text", "text": "abc"}]}
    ]);
    assert_eq!(filled(&full(), json!(["https://example.org/a.png", "Ann", 42, "abc"])), expected);
}

#[test]
fn an_object_fills_by_name() {
    let components = filled(
        &full(),
        json!({"header": {"id": "77"}, "1": "Ann", "2": true, "button_2": "abc", "button_0": "STOP"}),
    );
    assert_eq!(components[0]["parameters"][0]["image"], json!({"id": "77"}));
    assert_eq!(components[1]["parameters"][1]["text"], "true");
    assert_eq!(
        components[2],
        json!({"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "STOP"}]})
    );
    let named = definition(
        "UTILITY",
        json!([{"type": "HEADER", "format": "TEXT", "text": "For {{who}}"}, {"type": "BODY", "text": "{{first_name}}: {{order}}"}]),
    );
    assert_eq!(
        filled(&named, json!({"who": "you", "order": "7", "first_name": "Ann"})),
        json!([
            {"type": "header", "parameters": [{"type": "text", "text": "you"}]},
            {"type": "body", "parameters": [
                {"type": "text", "parameter_name": "first_name", "text": "Ann"},
                {"type": "text", "parameter_name": "order", "text": "7"}
            ]}
        ])
    );
    assert_eq!(
        filled(&named, json!(["you", "Ann", "7"]))[1]["parameters"][0]["parameter_name"],
        "first_name"
    );
}

#[test]
fn nothing_fills_what_has_no_places() {
    let plain = definition("UTILITY", json!([{"type": "BODY", "text": "Hello"}]));
    for variables in [json!(null), json!([]), json!({})] {
        assert_eq!(filled(&plain, variables), json!([]));
    }
    refused(&plain, json!(["a"]), "template.variables", "template.variable_count");
    refused(&plain, json!({"a": "b"}), "template.variables", "template.variable_unknown");
}

#[test]
fn a_code_goes_to_both_places() {
    for button in [
        json!({"type": "OTP", "otp_type": "COPY_CODE"}),
        json!({"type": "URL", "url": "https://example.org/{{1}}"}),
    ] {
        for body in [
            json!({"type": "BODY", "text": "*{{1}}* is your code."}),
            json!({"type": "BODY", "add_security_recommendation": true}),
        ] {
            let code = definition("AUTHENTICATION", json!([body, {"type": "BUTTONS", "buttons": [button]}]));
            let expected = json!([
                {"type": "body", "parameters": [{"type": "text", "text": "123456"}]},
                {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "123456"}]}
            ]);
            for variables in
                [json!(["123456"]), json!([123456]), json!({"code": "123456"}), json!({"1": "123456"})]
            {
                assert_eq!(filled(&code, variables), expected);
            }
            refused(&code, json!(["1234567890123456"]), "template.variables", "text.too_long");
            refused(&code, json!(["1", "1"]), "template.variables", "template.variable_count");
            refused(&code, json!({}), "template.variables.code", "template.variable_missing");
        }
    }
}

#[test]
fn offers_and_places() {
    let offer = definition(
        "MARKETING",
        json!([
            {"type": "HEADER", "format": "LOCATION"},
            {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"has_expiration": true}},
            {"type": "BODY", "text": "{{1}}"},
            {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE"}]}
        ]),
    );
    let place = json!({"latitude": "1", "longitude": "2"});
    let end = 1_800_000_000_000_u64;
    let listed = filled(&offer, json!([place, "Ann", "SAVE10", end]));
    assert_eq!(
        listed,
        filled(
            &offer,
            json!({"header": place, "1": "Ann", "coupon_code": "SAVE10", "expiration_time_ms": end})
        )
    );
    assert_eq!(listed[3]["parameters"][0]["limited_time_offer"]["expiration_time_ms"], end);
    refused(
        &offer,
        json!([place, "Ann", "SAVE10", "soon"]),
        "template.variables[3]",
        "template.variable_type",
    );
    refused(&offer, json!(["here", "Ann", "SAVE10", end]), "template.variables[0]", "template.variable_type");
    refused(&offer, json!([place, "Ann", "10 %", end]), "template.variables", "template.coupon_code");
}

#[test]
fn mistakes_are_named() {
    let full = full();
    refused(&full, json!("Ann"), "template.variables", "template.variables_form");
    refused(&full, json!(null), "template.variables", "template.variable_count");
    refused(&full, json!(["1", "Ann", "7"]), "template.variables", "template.variable_count");
    refused(&full, json!(["1", ["Ann"], "7", "x"]), "template.variables[1]", "template.variable_type");
    refused(&full, json!(["1", "", "7", "x"]), "template.variables[1]", "text.empty");
    refused(&full, json!(["1", "a\nb", "7", "x"]), "template.variables[1]", "template.parameter_format");
    refused(&full, json!([5, "Ann", "7", "x"]), "template.variables[0]", "template.variable_type");
    refused(
        &full,
        json!([{"id": "1", "link": "https://example.org"}, "Ann", "7", "x"]),
        "template.variables",
        "media.one_of",
    );
    refused(
        &full,
        json!({"header": "1", "1": "Ann", "2": "7"}),
        "template.variables.button_2",
        "template.variable_missing",
    );
    refused(
        &full,
        json!({"header": "1", "1": "a", "2": "b", "button_2": "c", "x": 1}),
        "template.variables",
        "template.variable_unknown",
    );
    refused(&full, json!(["1", "x".repeat(1000), "7", "x"]), "template.variables", "template.too_long");
    let detail = &fill_template(&full, &json!(["Ann"])).expect_err("too few")[0].detail;
    assert_eq!(detail, "The template takes 4 variables, `header`, `1`, `2`, `button_2`; 1 was given.");
}

#[test]
fn carousels_need_the_long_form() {
    let card = json!({"components": [{"type": "HEADER", "format": "IMAGE"}]});
    let carousel = definition(
        "MARKETING",
        json!([{"type": "BODY", "text": "Hi"}, {"type": "CAROUSEL", "cards": [card, card]}]),
    );
    refused(&carousel, json!([]), "template", "template.needs_components");
    let products = definition(
        "MARKETING",
        json!([{"type": "BODY", "text": "Hi"}, {"type": "BUTTONS", "buttons": [{"type": "MPM"}]}]),
    );
    refused(&products, json!([]), "template", "template.needs_components");
}

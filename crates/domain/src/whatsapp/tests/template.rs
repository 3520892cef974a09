use serde_json::{Value, json};

use super::{long, passes, refused};

fn message(components: Value) -> Value {
    json!({"type": "template", "template": {"name": "parcel_left", "language": {"code": "en_US"}, "components": components}})
}

fn body(parameters: Value) -> Value {
    message(json!([{"type": "body", "parameters": parameters}]))
}

fn button(sub_type: &str, parameter: Value) -> Value {
    message(json!([{"type": "button", "sub_type": sub_type, "index": "0", "parameters": [parameter]}]))
}

#[test]
fn names_and_languages() {
    let named = |name: &str, code: &str| json!({"type": "template", "template": {"name": name, "language": {"code": code}}});
    for code in ["en", "en_US", "zh_Hant_TW", "fil", "prs_AF"] {
        passes(&named("a_1", code));
    }
    passes(&named(&"a".repeat(512), "en"));
    refused(&named(&"a".repeat(513), "en"), "template.name", "text.too_long");
    refused(&named("", "en"), "template.name", "text.empty");
    for name in ["Parcel", "parcel-left", "parcel left", "päckchen"] {
        refused(&named(name, "en"), "template.name", "template.name");
    }
    for code in ["", "e", "english", "en-US", "en_", "12"] {
        refused(&named("a", code), "template.language.code", "template.language");
    }
    refused(&json!({"type": "template", "template": {"name": "a"}}), "template.language", "field.required");
    refused(
        &json!({"type": "template", "template": {"name": "a", "language": "en"}}),
        "template.language",
        "field.invalid",
    );
}

#[test]
fn bodies() {
    passes(&body(json!([{"type": "text", "text": "Ann"}, {"type": "text", "text": "four    blanks"}])));
    passes(&body(json!([{"type": "text", "parameter_name": "first_name", "text": "Ann"}])));
    passes(&body(json!([
        {"type": "currency", "currency": {"fallback_value": "$10", "code": "USD", "amount_1000": 10000}},
        {"type": "date_time", "date_time": {"fallback_value": "May 3"}}
    ])));
    let first = "template.components[0].parameters[0]";
    for (parameter, field, code) in [
        (json!({"type": "text", "text": "a\nb"}), format!("{first}.text"), "template.parameter_format"),
        (json!({"type": "text", "text": "a\tb"}), format!("{first}.text"), "template.parameter_format"),
        (json!({"type": "text", "text": "a     b"}), format!("{first}.text"), "template.parameter_format"),
        (json!({"type": "text", "text": ""}), format!("{first}.text"), "text.empty"),
        (json!({"type": "text", "text": long(1025)}), format!("{first}.text"), "text.too_long"),
        (json!({"type": "text", "text": 5}), format!("{first}.text"), "field.invalid"),
        (json!({"type": "text"}), format!("{first}.text"), "field.required"),
        (json!({"type": "image", "image": {"id": "1"}}), format!("{first}.type"), "value.not_allowed"),
        (
            json!({"type": "currency", "currency": {}}),
            format!("{first}.currency.fallback_value"),
            "field.required",
        ),
        (json!({"text": "a"}), format!("{first}.type"), "field.required"),
    ] {
        refused(&body(json!([parameter])), &field, code);
    }
    let mixed = json!([{"type": "text", "parameter_name": "a", "text": "x"}, {"type": "text", "text": "y"}]);
    refused(&body(mixed), "template.components[0].parameters", "template.mixed_names");
    let twice = json!([
        {"type": "text", "parameter_name": "a", "text": "x"}, {"type": "text", "parameter_name": "a", "text": "y"}
    ]);
    refused(&body(twice), "template.components[0].parameters", "value.duplicate");
    let bodies = message(json!([{"type": "body", "parameters": []}, {"type": "BODY", "parameters": []}]));
    refused(&bodies, "template.components", "value.duplicate");
}

#[test]
fn headers() {
    let header = |parameters| message(json!([{"type": "header", "parameters": parameters}]));
    for kind in ["image", "video", "gif", "document"] {
        passes(&header(json!([{"type": kind, kind: {"link": "https://example.org/f"}}])));
        let at = format!("template.components[0].parameters[0].{kind}");
        refused(&header(json!([{"type": kind}])), &at, "field.required");
        refused(&header(json!([{"type": kind, kind: {}}])), &at, "media.one_of");
    }
    passes(&header(json!([{"type": "text", "text": "Ann"}])));
    passes(&header(json!([{"type": "location", "location": {"latitude": "1", "longitude": "2"}}])));
    let lost = header(json!([{"type": "location", "location": {"latitude": "1"}}]));
    refused(&lost, "template.components[0].parameters[0].location.longitude", "field.required");
    let two = json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]);
    refused(&header(two), "template.components[0].parameters", "count.too_many");
}

#[test]
fn buttons() {
    let first = "template.components[0].parameters[0]";
    passes(&button("quick_reply", json!({"type": "payload", "payload": "YES"})));
    passes(&button("URL", json!({"type": "text", "text": "suffix?x=1"})));
    passes(&button("copy_code", json!({"type": "coupon_code", "coupon_code": "A".repeat(20)})));
    passes(&button("flow", json!({"type": "action", "action": {"flow_token": "t"}})));
    passes(&button("hologram", json!({"type": "beam"})));
    refused(
        &button("quick_reply", json!({"type": "payload"})),
        &format!("{first}.payload"),
        "field.required",
    );
    refused(
        &button("quick_reply", json!({"type": "text", "payload": "x"})),
        &format!("{first}.type"),
        "value.not_allowed",
    );
    refused(&button("url", json!({"type": "text"})), &format!("{first}.text"), "field.required");
    for (code, rule) in [
        ("A".repeat(21), "text.too_long"),
        ("A-B".into(), "template.coupon_code"),
        (String::new(), "text.empty"),
    ] {
        let parameter = json!({"type": "coupon_code", "coupon_code": code});
        refused(&button("copy_code", parameter), &format!("{first}.coupon_code"), rule);
    }
    refused(&button("mpm", json!({"type": "action"})), &format!("{first}.action"), "field.required");
    let part = |index: Value| json!({"type": "button", "sub_type": "url", "index": index, "parameters": [{"type": "text", "text": "a"}]});
    passes(&message(json!([part(json!(3)), part(json!("4"))])));
    refused(&message(json!([part(json!(3)), part(json!("3"))])), "template.components", "value.duplicate");
    refused(&message(json!([part(json!(10))])), "template.components[0].index", "value.out_of_range");
    refused(&message(json!([part(json!("first"))])), "template.components[0].index", "field.invalid");
    refused(&message(json!([part(json!(-1))])), "template.components[0].index", "field.invalid");
    refused(&message(json!([part(Value::Null)])), "template.components[0].index", "field.required");
    let bare = message(json!([{"type": "button", "index": 0, "parameters": []}]));
    refused(&bare, "template.components[0].sub_type", "field.required");
}

#[test]
fn offers_and_carousels() {
    let offer = |offer: Value| {
        message(
            json!([{"type": "limited_time_offer", "parameters": [{"type": "limited_time_offer", "limited_time_offer": offer}]}]),
        )
    };
    passes(&offer(json!({"expiration_time_ms": 1_800_000_000_000_u64})));
    refused(
        &offer(json!({"expiration_time_ms": "soon"})),
        "template.components[0].parameters[0].limited_time_offer.expiration_time_ms",
        "field.required",
    );
    let card = |index: usize, components: Value| json!({"card_index": index, "components": components});
    let cards = |count: usize| (0..count).map(|index| card(index, json!([]))).collect::<Vec<_>>();
    passes(&message(json!([{"type": "carousel", "cards": cards(10)}])));
    refused(
        &message(json!([{"type": "carousel", "cards": cards(11)}])),
        "template.components[0].cards",
        "count.too_many",
    );
    refused(&message(json!([{"type": "carousel"}])), "template.components[0].cards", "count.too_few");
    let nested =
        json!([{"type": "carousel", "cards": [card(0, json!([{"type": "carousel", "cards": cards(1)}]))]}]);
    refused(&message(nested), "template.components[0].cards[0].components", "value.not_allowed");
    let empty = json!([{"type": "carousel", "cards": [card(0, json!([{"type": "body", "parameters": [{"type": "text"}]}]))]}]);
    refused(
        &message(empty),
        "template.components[0].cards[0].components[0].parameters[0].text",
        "field.required",
    );
}

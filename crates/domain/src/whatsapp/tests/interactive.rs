use serde_json::{Value, json};

use super::{long, passes, refused, with, without};

fn message(interactive: Value) -> Value {
    json!({"type": "interactive", "interactive": interactive})
}

/// What passes, and changes to it that are refused: pointer, value (null removes), field, rule.
#[track_caller]
fn table(interactive: Value, changes: &[(&str, Value, &str, &str)]) {
    let base = message(interactive);
    passes(&base);
    for (pointer, value, field, code) in changes {
        let pointer = format!("/interactive{pointer}");
        let changed =
            if value.is_null() { without(&base, &pointer) } else { with(&base, &pointer, value.clone()) };
        refused(&changed, &format!("interactive{field}"), code);
    }
}

fn reply(id: &str, title: &str) -> Value {
    json!({"type": "reply", "reply": {"id": id, "title": title}})
}

#[test]
fn reply_buttons() {
    let base = json!({
        "type": "button",
        "header": {"type": "image", "image": {"id": "77"}},
        "body": {"text": long(1024)},
        "footer": {"text": long(60)},
        "action": {"buttons": [reply(&long(256), &long(20)), reply("b", "B"), reply("c", "C")]}
    });
    table(
        base,
        &[
            ("/body/text", json!(long(1025)), ".body.text", "text.too_long"),
            ("/body/text", json!(""), ".body.text", "text.empty"),
            ("/body", Value::Null, ".body", "field.required"),
            ("/footer/text", json!(long(61)), ".footer.text", "text.too_long"),
            ("/header/image", json!({}), ".header.image", "media.one_of"),
            ("/header/image", Value::Null, ".header.image", "field.required"),
            ("/header", json!({"type": "text", "text": long(61)}), ".header.text", "text.too_long"),
            ("/header", json!({"type": "text"}), ".header.text", "field.required"),
            ("/header", json!({"type": "gif"}), ".header.type", "value.not_allowed"),
            ("/action", Value::Null, ".action", "field.required"),
            ("/action/buttons", json!([]), ".action.buttons", "count.too_few"),
            ("/action/buttons/3", reply("d", "D"), ".action.buttons", "count.too_many"),
            ("/action/buttons/2", reply("b", "C"), ".action.buttons", "value.duplicate"),
            ("/action/buttons/2", reply("c", "B"), ".action.buttons", "value.duplicate"),
            ("/action/buttons/1", reply(&long(257), "B"), ".action.buttons[1].reply.id", "text.too_long"),
            ("/action/buttons/1", reply("b", &long(21)), ".action.buttons[1].reply.title", "text.too_long"),
            ("/action/buttons/1/type", json!("url"), ".action.buttons[1].type", "value.not_allowed"),
            ("/action/buttons/1/reply", Value::Null, ".action.buttons[1].reply", "field.required"),
            (
                "/action/buttons/1/reply",
                json!({"id": "b"}),
                ".action.buttons[1].reply.title",
                "field.required",
            ),
            ("/action/buttons/1/reply/id", json!(7), ".action.buttons[1].reply.id", "field.invalid"),
            ("/type", Value::Null, ".type", "field.required"),
        ],
    );
}

fn row(id: &str) -> Value {
    json!({"id": id, "title": long(24), "description": long(72)})
}

#[test]
fn lists() {
    let base = json!({
        "type": "list",
        "header": {"type": "text", "text": "Times"},
        "body": {"text": long(4096)},
        "footer": {"text": "Today"},
        "action": {"button": long(20), "sections": [
            {"title": long(24), "rows": [row("1"), row("2"), row("3"), row("4"), row("5")]},
            {"title": "Late", "rows": [row("6"), row("7"), row("8"), row("9"), row(&long(200))]},
        ]}
    });
    let sections: Vec<Value> =
        (0..11).map(|n| json!({"title": format!("{n}"), "rows": [row(&n.to_string())]})).collect();
    table(
        base,
        &[
            ("/header", json!({"type": "image", "image": {"id": "7"}}), ".header.type", "value.not_allowed"),
            ("/body/text", json!(long(4097)), ".body.text", "text.too_long"),
            ("/action/button", json!(long(21)), ".action.button", "text.too_long"),
            ("/action/button", Value::Null, ".action.button", "field.required"),
            ("/action/sections", json!([]), ".action.sections", "count.too_few"),
            ("/action/sections", json!(sections), ".action.sections", "count.too_many"),
            ("/action/sections/1/rows/5", row("11"), ".action.sections", "count.too_many"),
            ("/action/sections/1/rows/0", row("1"), ".action.sections", "value.duplicate"),
            ("/action/sections/1/title", Value::Null, ".action.sections[1].title", "field.required"),
            ("/action/sections/0/title", json!(long(25)), ".action.sections[0].title", "text.too_long"),
            ("/action/sections/0/rows", json!([]), ".action.sections[0].rows", "count.too_few"),
            (
                "/action/sections/0/rows/2/id",
                json!(long(201)),
                ".action.sections[0].rows[2].id",
                "text.too_long",
            ),
            (
                "/action/sections/0/rows/2/title",
                json!(long(25)),
                ".action.sections[0].rows[2].title",
                "text.too_long",
            ),
            (
                "/action/sections/0/rows/2/description",
                json!(long(73)),
                ".action.sections[0].rows[2].description",
                "text.too_long",
            ),
        ],
    );
    passes(&message(
        json!({"type": "list", "body": {"text": "a"}, "action": {"button": "b", "sections": [{"rows": [row("1")]}]}}),
    ));
}

#[test]
fn links_and_flows() {
    table(
        json!({
            "type": "cta_url", "body": {"text": "See"},
            "action": {"name": "cta_url", "parameters": {"display_text": long(20), "url": "https://example.org/x"}}
        }),
        &[
            ("/action/name", json!("url"), ".action.name", "value.not_allowed"),
            (
                "/action/parameters/display_text",
                json!(long(21)),
                ".action.parameters.display_text",
                "text.too_long",
            ),
            ("/action/parameters/url", json!("nowhere"), ".action.parameters.url", "link.invalid"),
            ("/action/parameters/url", Value::Null, ".action.parameters.url", "field.required"),
            ("/action/parameters", json!("x"), ".action.parameters", "field.invalid"),
        ],
    );
    table(
        json!({
            "type": "flow", "body": {"text": "Book"},
            "action": {"name": "flow", "parameters": {
                "flow_message_version": "3", "flow_id": "9", "flow_cta": "Book", "mode": "draft",
                "flow_action": "navigate", "flow_action_payload": {"screen": "FIRST"}
            }}
        }),
        &[
            ("/action/parameters/flow_id", Value::Null, ".action.parameters.flow_id", "field.one_of"),
            ("/action/parameters/flow_name", json!("x"), ".action.parameters.flow_id", "field.one_of"),
            ("/action/parameters/flow_cta", Value::Null, ".action.parameters.flow_cta", "field.required"),
            ("/action/parameters/mode", json!("test"), ".action.parameters.mode", "value.not_allowed"),
            (
                "/action/parameters/flow_action",
                json!("go"),
                ".action.parameters.flow_action",
                "value.not_allowed",
            ),
        ],
    );
}

#[test]
fn requests_with_a_name_only() {
    for (kind, name) in [
        ("location_request_message", "send_location"),
        ("request_contact_info", "request_contact_info"),
        ("catalog_message", "catalog_message"),
    ] {
        table(
            json!({"type": kind, "body": {"text": "Please"}, "action": {"name": name}}),
            &[
                ("/body/text", json!(long(1025)), ".body.text", "text.too_long"),
                ("/action/name", json!("other"), ".action.name", "value.not_allowed"),
                ("/action/name", Value::Null, ".action.name", "field.required"),
                ("/header", json!({"type": "text", "text": "x"}), ".header", "field.not_allowed"),
            ],
        );
    }
    table(
        json!({
            "type": "address_message", "body": {"text": "Where?"},
            "action": {"name": "address_message", "parameters": {"country": "IN", "values": {"name": "A"}}}
        }),
        &[("/action/parameters/country", Value::Null, ".action.parameters.country", "field.required")],
    );
}

#[test]
fn products() {
    table(
        json!({"type": "product", "action": {"catalog_id": "1", "product_retailer_id": "sku"}}),
        &[
            ("/action/catalog_id", Value::Null, ".action.catalog_id", "field.required"),
            ("/action/product_retailer_id", json!(""), ".action.product_retailer_id", "text.empty"),
            ("/header", json!({"type": "text", "text": "x"}), ".header", "field.not_allowed"),
        ],
    );
    let items = |count: usize| -> Value { vec![json!({"product_retailer_id": "sku"}); count].into() };
    table(
        json!({
            "type": "product_list", "header": {"type": "text", "text": "Ours"}, "body": {"text": "Look"},
            "action": {"catalog_id": "1", "sections": [
                {"title": "A", "product_items": items(15)}, {"title": "B", "product_items": items(15)}
            ]}
        }),
        &[
            ("/header", Value::Null, ".header", "field.required"),
            ("/action/sections/1/product_items", items(16), ".action.sections", "count.too_many"),
            (
                "/action/sections/1/product_items",
                items(0),
                ".action.sections[1].product_items",
                "count.too_few",
            ),
            ("/action/sections/1/title", Value::Null, ".action.sections[1].title", "field.required"),
        ],
    );
}

fn card(index: usize, text: &str) -> Value {
    json!({
        "card_index": index, "type": "cta_url", "header": {"type": "image", "image": {"id": "1"}}, "body": {"text": text},
        "action": {"name": "cta_url", "parameters": {"display_text": "Buy", "url": "https://example.org"}}
    })
}

#[test]
fn carousels() {
    let base = json!({"type": "carousel", "body": {"text": "New"}, "action": {"cards": [card(0, &long(160)), card(1, "a\nb\nc")]}});
    let many: Vec<Value> = (0..11).map(|index| card(index, "x")).collect();
    table(
        base,
        &[
            ("/action/cards", json!([card(0, "x")]), ".action.cards", "count.too_few"),
            ("/action/cards", json!(many), ".action.cards", "count.too_many"),
            ("/action/cards/1/card_index", json!(4), ".action.cards[1].card_index", "value.not_allowed"),
            ("/action/cards/1/body/text", json!(long(161)), ".action.cards[1].body.text", "text.too_long"),
            (
                "/action/cards/1/body/text",
                json!("a\nb\nc\nd"),
                ".action.cards[1].body.text",
                "text.line_breaks",
            ),
            ("/action/cards/1/type", json!("product"), ".action.cards[1].type", "value.not_allowed"),
            ("/action/cards/1/header", Value::Null, ".action.cards[1].header", "value.not_allowed"),
            ("/action/cards/1/action", Value::Null, ".action.cards[1].action", "field.required"),
            ("/header", json!({"type": "text", "text": "x"}), ".header", "field.not_allowed"),
            ("/footer", json!({"text": "x"}), ".footer", "field.not_allowed"),
        ],
    );
}

#[test]
fn orders() {
    table(
        json!({
            "type": "order_details", "body": {"text": "Pay"},
            "action": {"name": "review_and_pay", "parameters": {
                "reference_id": "r1", "type": "digital-goods", "currency": "BRL",
                "total_amount": {"value": 500, "offset": 100}, "order": {"status": "pending", "items": []}
            }}
        }),
        &[
            (
                "/action/parameters/reference_id",
                Value::Null,
                ".action.parameters.reference_id",
                "field.required",
            ),
            (
                "/action/parameters/total_amount/value",
                json!("5"),
                ".action.parameters.total_amount.value",
                "field.required",
            ),
            ("/action/parameters/order", Value::Null, ".action.parameters.order", "field.required"),
        ],
    );
    table(
        json!({
            "type": "order_status", "body": {"text": "Sent"},
            "action": {"name": "review_order", "parameters": {"reference_id": "r1", "order": {"status": "shipped"}}}
        }),
        &[(
            "/action/parameters/order/status",
            Value::Null,
            ".action.parameters.order.status",
            "field.required",
        )],
    );
}

#[test]
fn kinds_of_tomorrow_pass() {
    passes(&message(
        json!({"type": "voice_call", "body": {"text": "Call"}, "action": {"name": "voice_call"}}),
    ));
    passes(&message(json!({"type": "hologram", "beam": {"strength": 3}})));
}

#[test]
fn huge_messages_are_refused_briefly() {
    let buttons: Vec<Value> = (0..100_000).map(|_| reply("", "")).collect();
    let message = message(json!({"type": "button", "body": {"text": "a"}, "action": {"buttons": buttons}}));
    let problems = super::judge(&message).expect_err("too many buttons");
    assert_eq!(problems.len(), 50);
    assert_eq!(
        (problems[0].field.as_str(), problems[0].code),
        ("interactive.action.buttons", "count.too_many")
    );
}

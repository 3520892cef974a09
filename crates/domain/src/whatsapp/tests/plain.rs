use serde_json::json;

use super::{long, passes, refused};

#[test]
fn text() {
    passes(&json!({"type": "text", "text": {"body": "Hello"}}));
    passes(&json!({"type": "text", "text": {"body": long(4096), "preview_url": true}}));
    refused(&json!({"type": "text", "text": {"body": long(4097)}}), "text.body", "text.too_long");
    refused(&json!({"type": "text", "text": {"body": "  "}}), "text.body", "text.empty");
    refused(&json!({"type": "text", "text": {}}), "text.body", "field.required");
    refused(&json!({"type": "text", "text": {"body": 7}}), "text.body", "field.invalid");
    refused(
        &json!({"type": "text", "text": {"body": "a", "preview_url": "yes"}}),
        "text.preview_url",
        "field.invalid",
    );
    refused(&json!({"type": "text", "text": "Hello"}), "text", "field.invalid");
}

#[test]
fn media() {
    for kind in ["image", "video", "audio", "document", "sticker"] {
        passes(&json!({"type": kind, kind: {"id": "1234567890"}}));
        passes(&json!({"type": kind, kind: {"link": "https://files.example.org/a%20b.bin?x=1"}}));
        refused(&json!({"type": kind, kind: {}}), kind, "media.one_of");
        refused(
            &json!({"type": kind, kind: {"id": "1", "link": "https://example.org/a"}}),
            kind,
            "media.one_of",
        );
        refused(&json!({"type": kind, kind: {"id": ""}}), &format!("{kind}.id"), "text.empty");
        refused(&json!({"type": kind, kind: {"id": 5}}), &format!("{kind}.id"), "field.invalid");
        let link = format!("{kind}.link");
        for wrong in
            ["ftp://example.org/a", "/etc/passwd", "example.org/a.png", "https://", "https://a.example/b c"]
        {
            refused(&json!({"type": kind, kind: {"link": wrong}}), &link, "link.invalid");
        }
        let endless = format!("https://example.org/{}", "a".repeat(2048));
        refused(&json!({"type": kind, kind: {"link": endless}}), &link, "text.too_long");
    }
    for kind in ["image", "video", "document"] {
        passes(&json!({"type": kind, kind: {"id": "1", "caption": long(1024)}}));
        let caption = format!("{kind}.caption");
        refused(&json!({"type": kind, kind: {"id": "1", "caption": long(1025)}}), &caption, "text.too_long");
    }
    for kind in ["audio", "sticker"] {
        let caption = format!("{kind}.caption");
        refused(&json!({"type": kind, kind: {"id": "1", "caption": "x"}}), &caption, "field.not_allowed");
    }
    passes(&json!({"type": "audio", "audio": {"id": "1", "voice": true}}));
    passes(&json!({"type": "document", "document": {"id": "1", "filename": "bill.pdf"}}));
}

#[test]
fn location() {
    for (latitude, longitude) in
        [(json!(48.1), json!(-11.5)), (json!("48.1"), json!("11.5")), (json!(-90), json!(180))]
    {
        let location =
            json!({"latitude": latitude, "longitude": longitude, "name": "Shop", "address": "High Street 1"});
        passes(&json!({"type": "location", "location": location}));
    }
    let place = |latitude, longitude| json!({"type": "location", "location": {"latitude": latitude, "longitude": longitude}});
    refused(&place(json!(90.1), json!(0)), "location.latitude", "value.out_of_range");
    refused(&place(json!(0), json!("-180.5")), "location.longitude", "value.out_of_range");
    refused(&place(json!("NaN"), json!(0)), "location.latitude", "value.out_of_range");
    refused(&place(json!("north"), json!(0)), "location.latitude", "field.invalid");
    refused(
        &json!({"type": "location", "location": {"latitude": 1}}),
        "location.longitude",
        "field.required",
    );
}

#[test]
fn contacts() {
    let card = json!({
        "name": {"formatted_name": "Ann Lee", "first_name": "Ann"},
        "phones": [{"phone": "+16505551234", "type": "WORK", "wa_id": "16505551234"}],
        "birthday": "1990-02-28"
    });
    let cards = |count: usize| json!({"type": "contacts", "contacts": vec![card.clone(); count]});
    passes(&cards(1));
    passes(&cards(257));
    refused(&cards(0), "contacts", "count.too_few");
    refused(&cards(258), "contacts", "count.too_many");
    let one = |change: &str, value| super::with(&cards(2), &format!("/contacts/1/{change}"), value);
    refused(&one("birthday", json!("1990-02-30")), "contacts[1].birthday", "value.not_allowed");
    refused(&one("birthday", json!("28.2.1990")), "contacts[1].birthday", "value.not_allowed");
    refused(&one("name/formatted_name", json!("")), "contacts[1].name.formatted_name", "text.empty");
    refused(&one("name", json!({})), "contacts[1].name.formatted_name", "field.required");
    refused(&json!({"type": "contacts", "contacts": {"name": "Ann"}}), "contacts", "field.invalid");
}

#[test]
fn reaction() {
    passes(&json!({"type": "reaction", "reaction": {"message_id": "wamid.A", "emoji": "👍"}}));
    passes(&json!({"type": "reaction", "reaction": {"message_id": "wamid.A", "emoji": ""}}));
    refused(
        &json!({"type": "reaction", "reaction": {"emoji": "👍"}}),
        "reaction.message_id",
        "field.required",
    );
    refused(
        &json!({"type": "reaction", "reaction": {"message_id": "wamid.A"}}),
        "reaction.emoji",
        "field.required",
    );
    refused(
        &json!({"type": "reaction", "reaction": {"message_id": "", "emoji": "👍"}}),
        "reaction.message_id",
        "text.empty",
    );
    let quoting = json!({
        "type": "reaction", "reaction": {"message_id": "wamid.A", "emoji": "👍"}, "context": {"message_id": "wamid.B"}
    });
    refused(&quoting, "context", "field.not_allowed");
}

#[test]
fn around_the_content() {
    let text = |name: &str, value| {
        super::with(&json!({"type": "text", "text": {"body": "a"}}), &format!("/{name}"), value)
    };
    passes(&text("context", json!({"message_id": "wamid.A"})));
    refused(&text("context", json!({"message_id": ""})), "context.message_id", "field.required");
    refused(&text("context", json!("wamid.A")), "context.message_id", "field.required");
    passes(&text("category", json!("utility")));
    refused(&text("category", json!("marketing")), "category", "value.not_allowed");
    refused(&text("category", json!(1)), "category", "field.invalid");
    passes(&text("recipient_identity_key_hash", json!("DF2lS5v2W6x=")));
    refused(
        &text("recipient_identity_key_hash", json!(long(257))),
        "recipient_identity_key_hash",
        "text.too_long",
    );
    refused(&text("messaging_account_id", json!("")), "messaging_account_id", "field.invalid");
}

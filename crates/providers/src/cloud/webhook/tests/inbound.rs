use serde_json::{Value, json};

use super::{change, fact, facts, value};

/// One message from a known person with the given members; the line after its sender.
fn said(members: Value) -> String {
    let mut message = json!({"id": "wamid.I", "from": "4915112345678", "timestamp": "1790000001"});
    message.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let line = fact("messages", value(json!({"messages": [message]})));
    line.strip_prefix("wamid.I ").unwrap_or(&line).replace(" at 1790000001 from +4915112345678", "")
}

#[test]
fn every_type_gives_its_words_and_what_it_is_about() {
    for (members, want) in [
        (json!({"type": "text", "text": {"body": "Hallo"}}), "text: Hallo about -"),
        (
            json!({"type": "text", "text": {"body": "Ja"}, "context": {"from": "1", "id": "wamid.O"}}),
            "text: Ja about wamid.O",
        ),
        (json!({"type": "text", "text": {"body": "x"}, "referral": {"source_id": "1"}}), "text: x about -"),
        (
            json!({"type": "text", "text": {"body": "in a group"}, "group_id": "g"}),
            "text: in a group about -",
        ),
        (
            json!({"type": "button", "button": {"payload": "STOP", "text": "Stop promotions"}, "context": {"id": "wamid.O"}}),
            "button: Stop promotions about wamid.O",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "button_reply", "button_reply": {"id": "1", "title": "Yes"}}}),
            "interactive: Yes about -",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "1", "title": "Row", "description": "d"}}}),
            "interactive: Row about -",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "[1]"}}}),
            "interactive: Sent about -",
        ),
        (
            json!({"type": "interactive", "interactive": {"type": "call_permission_reply", "call_permission_reply": {"response": "accept"}}}),
            "interactive: - about -",
        ),
        (
            json!({"type": "reaction", "reaction": {"message_id": "wamid.O", "emoji": "👍"}}),
            "reaction: 👍 about wamid.O",
        ),
        (
            json!({"type": "reaction", "reaction": {"message_id": "wamid.O", "emoji": ""}}),
            "reaction: - about wamid.O",
        ),
        (
            json!({"type": "order", "order": {"catalog_id": "c", "text": "Quickly please", "product_items": []}}),
            "order: Quickly please about -",
        ),
        (
            json!({"type": "location", "location": {"latitude": 52.5, "longitude": 13.4}}),
            "location: - about -",
        ),
        (
            json!({"type": "contacts", "contacts": [{"vcard": "BEGIN", "origin": "contact_request"}]}),
            "contacts: - about -",
        ),
        (json!({"type": "revoke", "revoke": {"original_message_id": "wamid.O"}}), "revoke: - about wamid.O"),
        (
            json!({"type": "edit", "edit": {"original_message_id": "wamid.O", "message": {"type": "text", "text": {"body": "New"}}}}),
            "edit: New about wamid.O",
        ),
        (
            json!({"type": "unsupported", "errors": [{"code": 131_051}], "unsupported": {"type": "poll"}}),
            "unsupported: - about -",
        ),
        (json!({"type": "request_welcome"}), "request_welcome: - about -"),
        (json!({"type": "hologram", "hologram": {}}), "hologram: - about -"),
        (json!({"text": {"body": "typeless"}}), "unknown: - about -"),
        // Members of another kind than documented count as absent.
        (json!({"type": "text", "text": "bare"}), "text: - about -"),
        (json!({"type": "text", "text": {"body": ["a"]}, "context": "x"}), "text: - about -"),
        (json!({"type": "interactive", "interactive": null}), "interactive: - about -"),
        (
            json!({"type": "text", "text": {"body": 17}, "context": {"id": "x".repeat(600)}}),
            "text: 17 about -",
        ),
    ] {
        assert_eq!(said(members.clone()), want, "{members}");
    }
}

#[test]
fn files_are_named_by_their_kind() {
    for kind in ["image", "video", "audio", "document", "sticker"] {
        let file = json!({"id": "77", "mime_type": "a/b", "sha256": "s=", "filename": "f", "caption": "look", "url": "https://u"});
        assert_eq!(said(json!({"type": kind, kind: file})), format!("{kind}: look about - file 77 a/b s= f"));
        assert_eq!(said(json!({"type": kind, kind: {"caption": "gone"}})), format!("{kind}: gone about -"));
    }
    let edited = json!({"type": "edit", "edit": {"original_message_id": "O", "message": {"type": "image", "image": {"id": 77}}}});
    assert_eq!(said(edited), "edit: - about O file 77 - - -");
}

#[test]
fn the_sender_is_found_with_and_without_a_phone_number() {
    let contacts = json!([
        {"profile": {"name": "Ada", "username": "ada.l"}, "user_id": "DE.111", "parent_user_id": "DE.ENT.9"},
        {"profile": {"name": "Bob"}, "wa_id": "4915112345678"},
    ]);
    let from = |message: Value, contacts: &Value| {
        let mut full = json!({"id": "I", "timestamp": "1790000001", "type": "text", "text": {"body": "x"}});
        full.as_object_mut().unwrap().extend(message.as_object().unwrap().clone());
        let line = fact("messages", value(json!({"contacts": contacts, "messages": [full]})));
        line.strip_prefix("I text at 1790000001 from ").map_or(line.clone(), str::to_owned)
    };
    assert_eq!(
        from(json!({"from_user_id": "DE.111"}), &contacts),
        "DE.111 ^DE.ENT.9 @ada.l (Ada): x about -"
    );
    assert_eq!(from(json!({"from": "4915112345678"}), &contacts), "+4915112345678 (Bob): x about -");
    assert_eq!(
        from(json!({"from": "DE.111", "from_user_id": "DE.111"}), &contacts),
        "DE.111 ^DE.ENT.9 @ada.l (Ada): x about -"
    );
    assert_eq!(from(json!({"from": "US.222"}), &json!([])), "US.222: x about -");
    assert_eq!(from(json!({}), &json!([contacts[1]])), "+4915112345678 (Bob): x about -");
    // From nobody that could be found: kept, but no message of a contact.
    for (message, contacts) in [
        (json!({}), json!([{"profile": {"name": "Ada"}}])),
        (json!({}), contacts.clone()),
        (json!({"from": "bla"}), json!([])),
    ] {
        assert!(from(message, &contacts).starts_with("other messages.messages {"));
    }
}

#[test]
fn a_message_needs_an_id_and_keeps_its_object() {
    for message in [
        json!({"from": "4915112345678", "type": "text"}),
        json!(3),
        json!({"id": "y".repeat(513), "from": "4915112345678"}),
    ] {
        let line = fact("messages", value(json!({"messages": [message]})));
        assert_eq!(line, format!("other messages.messages {message}"));
    }
    let raw = r#"{"id":"I","from":"4915112345678","type":"text","later":{"z": 1.50}}"#;
    let body = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"20","changes":[{{"field":"messages","value":{{"messages":[{raw}]}}}}]}}]}}"#
    );
    let tidings_domain::fact::Fact::Inbound(inbound) = &super::read(&body)[0].facts[0] else {
        panic!("a message")
    };
    assert_eq!(inbound.object.get(), raw);
}

#[test]
fn people_change_their_numbers_and_ids() {
    let system = |message: Value| {
        let mut full = json!({"id": "S", "timestamp": "1790000001", "type": "system"});
        full.as_object_mut().unwrap().extend(message.as_object().unwrap().clone());
        fact("messages", value(json!({"messages": [full]})))
    };
    assert_eq!(
        system(
            json!({"from": "4915112345678", "system": {"type": "user_changed_number", "wa_id": "4915187654321", "body": "b"}})
        ),
        "+4915187654321 was +4915112345678 at 1790000001"
    );
    assert_eq!(
        system(
            json!({"system": {"type": "user_changed_user_id", "user_id": "DE.2", "previous_user_id": "DE.1",
            "parent_user_id": "DE.ENT.2", "previous_parent_user_id": "DE.ENT.1"}})
        ),
        "DE.2 ^DE.ENT.2 was DE.1 ^DE.ENT.1 at 1790000001"
    );
    for message in [
        json!({"from": "4915112345678", "identity": {"hash": "h"}, "system": {"type": "customer_identity_changed"}}),
        json!({"from": "4915112345678", "system": {"type": "user_changed_number"}}),
        json!({"from": "4915112345678", "system": {"type": "user_changed_number", "wa_id": "4915112345678"}}),
        json!({"system": {"type": "user_changed_user_id", "user_id": "DE.2"}}),
        json!({"system": "odd"}),
    ] {
        assert!(system(message.clone()).starts_with("other messages.system {"), "{message}");
    }
}

#[test]
fn errors_and_unknown_members_stand_for_themselves() {
    let body = change(
        "messages",
        value(json!({
            "errors": [{"code": 131_016, "title": "Service unavailable", "error_data": {"details": "later"}}, "odd"],
            "user_actions": [{"action_type": "marketing_messages_link_click"}],
            "messages": [{"id": "I", "from": "4915112345678", "type": "text", "timestamp": "1790000001", "text": {"body": "x"}}],
        })),
    );
    assert_eq!(
        facts(&body),
        [
            "I text at 1790000001 from +4915112345678: x about -",
            "error 131016 Service unavailable later",
            "other messages.errors \"odd\"",
            "other messages.user_actions [{\"action_type\":\"marketing_messages_link_click\"}]",
        ]
    );
}

use serde_json::{Value, json};

use super::{change, fact, facts, value};

fn receipt(status: Value) -> String {
    fact("messages", value(json!({"statuses": [status]})))
}

#[test]
fn every_state_that_proves_something_is_a_receipt() {
    for state in ["sent", "delivered", "read", "played", "failed"] {
        assert_eq!(
            receipt(
                json!({"id": "wamid.A", "status": state, "timestamp": "1790000001", "recipient_id": "4915112345678"})
            ),
            format!("wamid.A {state} at 1790000001 by +4915112345678")
        );
    }
    for status in [
        json!({"id": "wamid.A", "status": "deleted", "timestamp": "1790000001"}),
        json!({"id": "wamid.A", "status": "warning"}),
        json!({"id": "wamid.A", "status": "in_orbit"}),
        json!({"id": "wamid.A", "status": "SENT"}),
        json!({"id": "wamid.A", "status": ["sent"]}),
        json!({"id": "wamid.A"}),
        json!({"status": "sent"}),
        json!({"id": "", "status": "sent"}),
        json!({"id": "x".repeat(513), "status": "sent"}),
        // The states of a payment are not those of its message.
        json!({"id": "wamid.A", "status": "failed", "type": "payment", "payment": {"reference_id": "r"}}),
        json!("sent"),
        json!(null),
        json!([1]),
    ] {
        assert_eq!(receipt(status.clone()), format!("other messages.statuses {status}"));
    }
}

#[test]
fn an_odd_member_does_not_spoil_a_receipt() {
    assert_eq!(
        receipt(json!({
            "id": 12345, "status": "sent", "timestamp": 1_790_000_001, "recipient_id": {"phone": 1}, "recipient_user_id": null,
            "pricing": "free", "conversation": [], "errors": {"code": 1}, "biz_opaque_callback_data": 7, "contacts": 3,
            "type": "message", "brand_new": {"a": [1, {"b": null}]},
        })),
        "12345 sent at 1790000001 by "
    );
}

#[test]
fn times_come_as_texts_numbers_or_nonsense() {
    for (timestamp, want) in [
        (json!("1790000001"), 1_790_000_001),
        (json!(1_790_000_001), 1_790_000_001),
        (json!(" 1790000001 "), 1_790_000_001),
        (json!("1790000001000"), 1_790_000_001),
        (json!("asdf"), 1_790_000_000),
        (json!(""), 1_790_000_000),
        (json!(-5), 1_790_000_000),
        (json!(0), 1_790_000_000),
        (json!("99999999999999999999"), 1_790_000_000),
        (json!(null), 1_790_000_000),
    ] {
        let given = json!({"id": "wamid.A", "status": "read", "timestamp": timestamp});
        assert_eq!(receipt(given), format!("wamid.A read at {want} by "), "{timestamp}");
    }
    let timeless = value(json!({"statuses": [{"id": "wamid.A", "status": "read"}]}));
    let body = super::envelope(json!([{"id": "20", "changes": [{"field": "messages", "value": timeless}]}]));
    assert_eq!(facts(&body), ["wamid.A read at 0 by "]);
}

#[test]
fn the_attempt_comes_back_if_it_is_one_of_ours() {
    let attempt = "att_01jd7rkq2xe8wvat2tq0s3k4z1";
    for (data, want) in [
        (json!(attempt), format!(" {attempt}")),
        (json!(attempt.replace("att_", "msg_")), String::new()),
        (json!("somebody else's"), String::new()),
        (json!({"id": attempt}), String::new()),
    ] {
        let given = json!({"id": "wamid.A", "status": "sent", "timestamp": "1790000001", "biz_opaque_callback_data": data});
        assert_eq!(receipt(given), format!("wamid.A sent at 1790000001 by {want}"));
    }
}

#[test]
fn prices_and_errors_come_along() {
    let base = |more: Value| {
        let mut status = json!({"id": "wamid.A", "status": "failed", "timestamp": "1790000001"});
        status.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        receipt(status).strip_prefix("wamid.A failed at 1790000001 by ").unwrap().to_owned()
    };
    let pricing = json!({"billable": true, "pricing_model": "PMP", "type": "regular", "category": "service", "cost": 1});
    assert_eq!(base(json!({"pricing": pricing})), " true/PMP/regular/service");
    assert_eq!(base(json!({"pricing": {"billable": "false"}})), " false/-/-/-");
    assert_eq!(base(json!({"conversation": {"id": "c", "pricing": pricing}})), " true/PMP/regular/service");
    let error =
        json!({"code": 131_049, "title": "t", "message": "m", "error_data": {"details": "d"}, "href": "h"});
    assert_eq!(base(json!({"errors": [error]})), " error 131049 d");
    assert_eq!(
        base(json!({"errors": [7, {"title": "no code"}, {"code": "131026", "details": "old"}]})),
        " error 131026 old"
    );
    assert_eq!(base(json!({"errors": []})), "");
}

#[test]
fn recipients_are_named_in_every_way_the_platform_has() {
    let contact = json!({"profile": {"name": "Ada", "username": "ada.l"}, "wa_id": "4915112345678",
        "user_id": "DE.111", "parent_user_id": "DE.ENT.9"});
    let by = |status: Value, contacts: Value| {
        let mut full = json!({"id": "w", "status": "read", "timestamp": "1790000001"});
        full.as_object_mut().unwrap().extend(status.as_object().unwrap().clone());
        let line = fact("messages", value(json!({"contacts": contacts, "statuses": [full]})));
        line.strip_prefix("w read at 1790000001 by ").unwrap().to_owned()
    };
    let all = "+4915112345678 DE.111 ^DE.ENT.9 @ada.l (Ada)";
    assert_eq!(by(json!({"recipient_id": "4915112345678"}), json!([contact])), all);
    assert_eq!(by(json!({"recipient_user_id": "DE.111"}), json!([contact])), all);
    assert_eq!(by(json!({}), json!([contact])), all, "alone, it can only be this one");
    assert_eq!(by(json!({}), json!([contact, contact])), "");
    assert_eq!(by(json!({"recipient_id": "4915199999999"}), json!([contact])), "+4915199999999");
    assert_eq!(by(json!({"recipient_id": "DE.111"}), json!([])), "DE.111", "some versions put it here");
    assert_eq!(
        by(json!({"recipient_user_id": "DE.111", "recipient_parent_user_id": "DE.ENT.9"}), json!("odd")),
        "DE.111 ^DE.ENT.9"
    );
    for participant in ["recipient_participant_id", "participant_recipient_id"] {
        let group = json!({"recipient_id": "R3JvdXA=", "recipient_type": "group", participant: "4915112345678",
            "recipient_participant_user_id": "DE.111"});
        assert_eq!(by(group, json!([])), "+4915112345678 DE.111");
    }
    assert_eq!(by(json!({"recipient_id": "R3JvdXA=", "recipient_type": "group"}), json!([])), "");
}

#[test]
fn a_batch_keeps_its_order_and_its_good_items() {
    let status = |id: &str, status: &str| json!({"id": id, "status": status, "timestamp": "1790000001"});
    let members = json!({"statuses": [status("a", "sent"), 5, status("b", "read"), status("c", "?"), status("a", "delivered")]});
    let facts = facts(&change("messages", value(members)));
    assert_eq!(facts[0], "a sent at 1790000001 by ");
    assert_eq!(facts[1], "other messages.statuses 5");
    assert_eq!(facts[2], "b read at 1790000001 by ");
    assert!(facts[3].starts_with("other messages.statuses {"));
    assert_eq!(facts[4], "a delivered at 1790000001 by ");
}

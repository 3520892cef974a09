use serde_json::{Value, json};

use super::{change, fact, facts, read, value};

#[test]
fn template_news() {
    let named = |more: Value| {
        let mut value = json!({"message_template_id": 1, "message_template_name": "order_news", "message_template_language": "en-US"});
        value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        value
    };
    for (field, more, want) in [
        (
            "message_template_status_update",
            json!({"event": "APPROVED", "reason": "NONE", "message_template_category": "UTILITY"}),
            "template order_news en_US APPROVED UTILITY because -",
        ),
        (
            "message_template_status_update",
            json!({"event": "rejected", "reason": "INVALID_FORMAT", "rejection_info": {"reason": "r"}}),
            "template order_news en_US REJECTED - because INVALID_FORMAT",
        ),
        (
            "message_template_status_update",
            json!({"event": "REJECTED", "reason": null, "rejection_info": {"reason": "too long"}}),
            "template order_news en_US REJECTED - because too long",
        ),
        (
            "message_template_status_update",
            json!({"event": "PAUSED", "other_info": {"title": "FIRST_PAUSE", "description": "d"}}),
            "template order_news en_US PAUSED - because FIRST_PAUSE",
        ),
        (
            "message_template_quality_update",
            json!({"previous_quality_score": "GREEN", "new_quality_score": "YELLOW"}),
            "template order_news en_US quality YELLOW",
        ),
        (
            "template_category_update",
            json!({"new_category": "UTILITY", "correct_category": "MARKETING", "category_update_timestamp": 1}),
            "template order_news en_US will be MARKETING",
        ),
        (
            "template_category_update",
            json!({"previous_category": "UTILITY", "new_category": "MARKETING"}),
            "template order_news en_US is MARKETING",
        ),
    ] {
        assert_eq!(fact(field, named(more.clone())), want, "{more}");
    }
    for (field, value) in [
        ("message_template_status_update", named(json!({}))),
        ("message_template_status_update", json!({"event": "APPROVED"})),
        ("message_template_quality_update", named(json!({}))),
        ("template_category_update", named(json!({}))),
        ("template_correct_category_detection", named(json!({"correct_category": "MARKETING"}))),
        ("message_template_components_update", named(json!({"message_template_element": "Hi"}))),
    ] {
        assert_eq!(fact(field, value.clone()), format!("other {field} {value}"));
    }
}

#[test]
fn account_news_and_how_bad_they_are() {
    let restricted = |kind: &str| json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": [{"restriction_type": kind, "expiration": 1}]});
    let banned = |state: &str| json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": state}});
    for (field, value, want) in [
        ("account_update", json!({"event": "ACCOUNT_DELETED"}), "account ACCOUNT_DELETED Critical"),
        ("account_update", json!({"event": "ACCOUNT_OFFBOARDED"}), "account ACCOUNT_OFFBOARDED Critical"),
        ("account_update", json!({"event": "ACCOUNT_RECONNECTED"}), "account ACCOUNT_RECONNECTED Info"),
        (
            "account_update",
            json!({"event": "PARTNER_REMOVED", "disconnection_info": {"reason": "x"}}),
            "account PARTNER_REMOVED Critical",
        ),
        (
            "account_update",
            json!({"event": "ACCOUNT_VIOLATION", "violation_info": {}}),
            "account ACCOUNT_VIOLATION Warning",
        ),
        (
            "account_update",
            json!({"event": "VOLUME_BASED_PRICING_TIER_UPDATE"}),
            "account VOLUME_BASED_PRICING_TIER_UPDATE Info",
        ),
        (
            "account_update",
            restricted("RESTRICTED_BIZ_INITIATED_MESSAGING"),
            "account ACCOUNT_RESTRICTION Critical",
        ),
        (
            "account_update",
            restricted("RESTRICTED_ADD_PHONE_NUMBER_ACTION"),
            "account ACCOUNT_RESTRICTION Warning",
        ),
        (
            "account_update",
            json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": "odd"}),
            "account ACCOUNT_RESTRICTION Warning",
        ),
        ("account_update", banned("DISABLE"), "account DISABLED_UPDATE Critical"),
        ("account_update", banned("SCHEDULE_FOR_DISABLE"), "account DISABLED_UPDATE Warning"),
        ("account_update", banned("REINSTATE"), "account DISABLED_UPDATE Info"),
        ("account_update", json!({"event": "DISABLED_UPDATE"}), "account DISABLED_UPDATE Critical"),
        (
            "account_alerts",
            json!({"alert_type": "OBA_REJECTED", "alert_severity": "CRITICAL"}),
            "account OBA_REJECTED Warning",
        ),
        (
            "account_alerts",
            json!({"alert_type": "OBA_APPROVED", "alert_severity": "INFORMATIONAL"}),
            "account OBA_APPROVED Info",
        ),
        ("account_review_update", json!({"decision": "APPROVED"}), "account ACCOUNT_REVIEW_APPROVED Info"),
        (
            "account_review_update",
            json!({"decision": "rejected"}),
            "account ACCOUNT_REVIEW_REJECTED Critical",
        ),
        ("account_review_update", json!({"decision": "PENDING"}), "account ACCOUNT_REVIEW_PENDING Warning"),
        (
            "business_capability_update",
            json!({"max_daily_conversations_per_business": "TIER_10K"}),
            "account BUSINESS_CAPABILITY_UPDATE Info",
        ),
    ] {
        assert_eq!(fact(field, value.clone()), want, "{field} {value}");
    }
}

#[test]
fn news_about_a_number() {
    for (field, value, want) in [
        (
            "phone_number_quality_update",
            json!({"event": "THROUGHPUT_UPGRADE", "display_phone_number": "1"}),
            "sender THROUGHPUT_UPGRADE",
        ),
        (
            "phone_number_name_update",
            json!({"decision": "DEFERRED", "rejection_reason": null}),
            "sender NAME_DEFERRED",
        ),
        ("security", json!({"event": "PIN_CHANGED", "requester": "1"}), "sender PIN_CHANGED"),
        (
            "messaging_handovers",
            value(json!({"type": "control_passed", "control_passed": {}})),
            "sender control_passed",
        ),
    ] {
        assert_eq!(fact(field, value.clone()), want, "{field} {value}");
    }
}

#[test]
fn unknown_events_and_values_that_are_no_objects_are_kept() {
    for field in [
        "account_update",
        "account_alerts",
        "account_review_update",
        "business_capability_update",
        "phone_number_quality_update",
        "phone_number_name_update",
        "security",
        "messaging_handovers",
        "message_template_status_update",
        "user_preferences",
        "history",
        "messages",
        "smb_message_echoes",
        "standby",
        "never_seen",
    ] {
        for odd in [json!("text"), json!(7), json!([{"event": "x"}]), json!(true), json!(null)] {
            assert_eq!(fact(field, odd.clone()), format!("other {field} {odd}"));
        }
    }
    for (field, value) in [
        ("account_update", json!({"event": "SOMETHING_NEW"})),
        ("account_update", json!({})),
        ("security", json!({"event": ["PIN_CHANGED"]})),
    ] {
        assert_eq!(fact(field, value.clone()), format!("other {field} {value}"));
    }
}

#[test]
fn marketing_preferences() {
    let told = |preference: Value| fact("user_preferences", value(json!({"user_preferences": [preference]})));
    let base = |value: &str, timestamp: Value| {
        json!({"wa_id": "4915112345678", "user_id": "DE.111",
        "category": "marketing_messages", "value": value, "timestamp": timestamp})
    };
    assert_eq!(told(base("stop", json!(1_790_000_002))), "+4915112345678 DE.111 stops at 1790000002");
    assert_eq!(told(base("resume", json!("1790000002"))), "+4915112345678 DE.111 resumes at 1790000002");
    assert_eq!(told(base("stop", json!("soon"))), "+4915112345678 DE.111 stops at 1790000000");
    let one = json!({"contacts": [{"user_id": "DE.111", "parent_user_id": "DE.ENT.1", "profile": {"name": "Ada", "username": "ada"}}],
        "user_preferences": [{"user_id": "DE.111", "category": "marketing_messages", "value": "stop", "timestamp": 1_790_000_002}]});
    assert_eq!(fact("user_preferences", one), "DE.111 ^DE.ENT.1 @ada (Ada) stops at 1790000002");
    for odd in [
        base("pause", json!(1)),
        json!({"wa_id": "4915112345678", "category": "calls", "value": "stop"}),
        json!({"category": "marketing_messages", "value": "stop"}),
        json!("stop"),
    ] {
        assert_eq!(told(odd.clone()), format!("other user_preferences {odd}"));
    }
    let mixed = value(json!({"user_preferences": [1, base("stop", json!(1_790_000_002))]}));
    assert_eq!(
        facts(&change("user_preferences", mixed)),
        ["other user_preferences 1", "+4915112345678 DE.111 stops at 1790000002"]
    );
}

#[test]
fn old_messages_echoes_and_other_peoples_threads_are_kept_but_are_no_messages() {
    let message = json!({"id": "I", "from": "4915112345678", "type": "text", "text": {"body": "old"}, "timestamp": "1"});
    for (field, members) in [
        (
            "history",
            json!({"history": [{"metadata": {"phase": 0}, "threads": [{"id": "4915112345678", "messages": [message]}]}]}),
        ),
        ("history", json!({"messages": [message]})),
        ("smb_message_echoes", json!({"message_echoes": [message]})),
        ("smb_app_state_sync", json!({"state_sync": [{"type": "contact", "action": "add"}]})),
        ("standby", json!({"messages": [message], "statuses": [{"id": "w", "status": "sent"}]})),
    ] {
        let value = value(members);
        let body = change(field, value.clone());
        assert_eq!(facts(&body), [format!("other {field} {value}")]);
        assert_eq!(read(&body)[0].sender_ref.as_deref(), Some("10650"));
    }
    let declined = value(
        json!({"history": [{"errors": [{"code": 2_593_109, "title": "declined", "error_data": {"details": "d"}}]}]}),
    );
    assert_eq!(
        facts(&change("history", declined.clone())),
        ["error 2593109 declined d".to_owned(), format!("other history {declined}")]
    );
}

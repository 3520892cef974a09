use http::Method;
use tidings_domain::provider::{AccountHealth, CallError, Provider, SenderHealth};
use tidings_domain::transport::TransportError;

use super::{Answer, Script, answer, credentials};

#[tokio::test]
async fn marks_read_with_and_without_typing() {
    for (typing, want) in [
        (false, r#"{"messaging_product":"whatsapp","status":"read","message_id":"wamid.A"}"#),
        (
            true,
            r#"{"messaging_product":"whatsapp","status":"read","message_id":"wamid.A","typing_indicator":{"type":"text"}}"#,
        ),
    ] {
        let script = Script::new([answer(200, r#"{"success":true}"#)]);
        script.provider().mark_read(&credentials(), "10650", "wamid.A", typing).await.unwrap();
        script.with_last(|request| {
            assert_eq!((request.method(), request.uri().path()), (&Method::POST, "/v24.0/10650/messages"));
            assert_eq!(request.body(), want);
        });
    }
}

#[tokio::test]
async fn failures_of_calls_are_told_apart() {
    let table: [(Answer, &str); 7] = [
        (answer(200, r#"{"success":false}"#), "the provider's answer could not be read"),
        (answer(200, "[]"), "the provider's answer could not be read"),
        (answer(200, ""), "the provider's answer could not be read"),
        (
            answer(400, r#"{"error":{"message":"(#100) Invalid parameter","code":100}}"#),
            "the provider refused: (#100) Invalid parameter (code 100)",
        ),
        (
            answer(502, "<html>"),
            "the provider refused: the provider answered without a readable error (code -502)",
        ),
        (Err(TransportError::Timeout), "the provider could not be reached: no answer came in time"),
        (Err(TransportError::Connect), "the provider could not be reached: no connection could be made"),
    ];
    for (given, want) in table {
        let script = Script::new([given]);
        let failed = script.provider().mark_read(&credentials(), "10650", "wamid.A", false).await;
        assert_eq!(failed.map_err(|error| error.to_string()), Err(want.to_owned()));
    }
}

#[tokio::test]
async fn reads_the_health_of_a_number() {
    let script = Script::new([
        answer(
            200,
            r#"{"display_phone_number":"+49 151 1","verified_name":"Shop","quality_rating":"GREEN","status":"CONNECTED",
                "throughput":{"level":"HIGH"},"whatsapp_business_manager_messaging_limit":"TIER_UNLIMITED",
                "health_status":{"can_send_message":"LIMITED","entities":[{"entity_type":"APP"}]},"id":"10650"}"#,
        ),
        answer(200, r#"{"id":10650,"throughput":"HIGH","quality_rating":null,"health_status":[]}"#),
    ]);
    let provider = script.provider();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        provider.sender_health(&credentials(), "10650").await,
        Ok(SenderHealth {
            display_number: some("+49 151 1"),
            verified_name: some("Shop"),
            quality: some("GREEN"),
            status: some("CONNECTED"),
            throughput: some("HIGH"),
            messaging_limit: some("TIER_UNLIMITED"),
            can_send: some("LIMITED"),
        })
    );
    assert_eq!(provider.sender_health(&credentials(), "10650").await, Ok(SenderHealth::default()));
    assert!(
        script.paths()[0].starts_with("https://graph.example.com/v24.0/10650?fields=display_phone_number,")
    );
}

#[tokio::test]
async fn reads_the_health_of_an_account() {
    let script = Script::new([answer(
        200,
        r#"{"name":"Shop","account_review_status":"APPROVED","health_status":{"can_send_message":"AVAILABLE"},
            "owner_business_info":{"id":"77","name":"Shop Group"}}"#,
    )]);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        script.provider().account_health(&credentials(), "20").await,
        Ok(AccountHealth {
            name: some("Shop"),
            portfolio: some("77"),
            review_status: some("APPROVED"),
            can_send: some("AVAILABLE")
        })
    );
    let odd = Script::new([]);
    assert!(matches!(
        odd.provider().account_health(&credentials(), "../20").await,
        Err(CallError::Refused(_))
    ));
}

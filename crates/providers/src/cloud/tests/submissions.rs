use bytes::Bytes;
use serde_json::{Value, json};
use tidings_domain::provider::{CallError, Provider, TemplateSubmission, TemplateTaken, Upload};

use super::{Script, answer, credentials};

fn definition() -> Value {
    json!({"name": "parcel_sent", "language": "en_US", "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Your parcel has left."}]})
}

#[tokio::test]
async fn creates_a_template_and_edits_it() {
    let script = Script::new([
        answer(200, r#"{"id":"7001","status":"PENDING","category":"UTILITY"}"#),
        answer(200, r#"{"success":true}"#),
    ]);
    let provider = script.provider();
    let definition = definition();
    let mut submission = TemplateSubmission { account_ref: "20", provider_id: None, definition: &definition };
    let taken = provider.submit_template(&credentials(), submission).await.unwrap();
    assert_eq!(
        taken,
        TemplateTaken {
            provider_id: "7001".to_owned(),
            status: Some("PENDING".to_owned()),
            category: Some("UTILITY".to_owned()),
        }
    );
    script.with_last(|request| {
        assert_eq!(
            (request.method().as_str(), request.uri().path()),
            ("POST", "/v24.0/20/message_templates")
        );
        assert_eq!(serde_json::from_slice::<Value>(request.body()).unwrap(), definition);
    });
    submission.provider_id = Some("7001");
    let edited = provider.submit_template(&credentials(), submission).await.unwrap();
    assert_eq!((edited.provider_id.as_str(), edited.status), ("7001", None));
    script.with_last(|request| {
        assert_eq!((request.method().as_str(), request.uri().path()), ("POST", "/v24.0/7001"));
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        assert!(body.get("name").is_none() && body.get("language").is_none(), "{body}");
        assert_eq!(body["components"], definition["components"]);
    });
}

#[tokio::test]
async fn a_refusal_carries_its_code_and_an_odd_answer_is_unreadable() {
    let refused = r#"{"error":{"message":"Invalid parameter","code":100,"error_subcode":2388024,
        "error_user_title":"Content exists","error_user_msg":"There is already such content."}}"#;
    let definition = definition();
    for (body, status, wanted) in
        [(refused, 400, "rejected"), ("{}", 200, "unreadable"), ("[]", 200, "unreadable")]
    {
        let script = Script::new([answer(status, body)]);
        let submission = TemplateSubmission { account_ref: "20", provider_id: None, definition: &definition };
        let outcome = script.provider().submit_template(&credentials(), submission).await.unwrap_err();
        let found = match &outcome {
            CallError::Rejected(rejection) => {
                assert_eq!(rejection.error.code, 100);
                assert_eq!(rejection.error.detail, "There is already such content.");
                "rejected"
            }
            CallError::Unreadable => "unreadable",
            other => panic!("{other:?}"),
        };
        assert_eq!(found, wanted);
    }
}

#[tokio::test]
async fn deletes_one_localization() {
    let script = Script::new([answer(200, r#"{"success":true}"#), answer(200, "{}")]);
    let provider = script.provider();
    assert_eq!(provider.delete_template(&credentials(), "20", "parcel_sent", "7001").await, Ok(()));
    assert_eq!(
        script.paths()[0],
        "https://graph.example.com/v24.0/20/message_templates?name=parcel_sent&hsm_id=7001"
    );
    script.with_last(|request| assert_eq!(request.method().as_str(), "DELETE"));
    let odd = provider.delete_template(&credentials(), "20", "a&b=c", "7001").await;
    assert_eq!(odd, Err(CallError::Unreadable));
    assert!(script.paths()[1].ends_with("?name=a%26b%3Dc&hsm_id=7001"));
}

fn file() -> Upload {
    Upload {
        mime_type: "image/png".to_owned(),
        filename: "a b.png".to_owned(),
        bytes: Bytes::from_static(b"0123456789"),
    }
}

#[tokio::test]
async fn a_sample_goes_up_in_the_pieces_that_the_provider_takes() {
    let script = Script::new([
        answer(200, r#"{"id":"upload:MTphdHR=?sig=ARZqkGCA_uQ"}"#),
        answer(200, r#"{"id":"upload:MTphdHR=?sig=ARZqkGCA_uQ","file_offset":4}"#),
        answer(200, r#"{"h":"4::aW1h:ARa"}"#),
    ]);
    assert_eq!(script.provider().upload_sample(&credentials(), file()).await, Ok("4::aW1h:ARa".to_owned()));
    let paths = script.paths();
    assert_eq!(
        paths[0],
        "https://graph.example.com/v24.0/app/uploads?file_name=a+b.png&file_length=10&file_type=image%2Fpng"
    );
    assert_eq!(paths[1], "https://graph.example.com/v24.0/upload:MTphdHR=?sig=ARZqkGCA_uQ");
    script.with_last(|request| {
        assert_eq!(request.headers()["authorization"], "OAuth EAAtoken");
        assert_eq!(request.headers()["file_offset"], "4");
        assert_eq!(request.body().as_ref(), b"456789");
    });
}

#[tokio::test]
async fn a_session_that_turns_in_circles_or_leaves_the_path_is_given_up() {
    for (opened, then) in [
        (r#"{"id":"upload:a"}"#, Some(r#"{"id":"upload:a","file_offset":0}"#)),
        (r#"{"id":"upload:a"}"#, Some(r#"{"file_offset":11}"#)),
        (r#"{"id":"https://evil.example/"}"#, None),
        (r#"{"id":"upload:a/../b"}"#, None),
        ("{}", None),
    ] {
        let script = Script::new([Some(opened), then].into_iter().flatten().map(|body| answer(200, body)));
        let outcome = script.provider().upload_sample(&credentials(), file()).await;
        assert!(
            matches!(outcome, Err(CallError::Unreadable | CallError::Refused(_))),
            "{opened}: {outcome:?}"
        );
    }
}

use tidings_domain::provider::{CallError, Provider};
use tidings_domain::transport::TransportError;

use super::{Answer, Script, answer, credentials};
use crate::limits::TEMPLATE_PAGES_MAX;

fn page(names: &[&str], after: Option<&str>, next: bool) -> Answer {
    let data: Vec<_> = names
        .iter()
        .map(|name| {
            serde_json::json!({"id": "1", "name": name, "language": "en_US", "status": "APPROVED", "category": "UTILITY",
                "components": [{"type": "BODY", "text": "Hello"}]})
        })
        .collect();
    let mut page = serde_json::json!({"data": data});
    if let Some(after) = after {
        page["paging"]["cursors"]["after"] = after.into();
    }
    if next {
        page["paging"]["next"] = "https://graph.facebook.com/v24.0/20/message_templates?after=x".into();
    }
    answer(200, page.to_string())
}

async fn names(script: &std::sync::Arc<Script>) -> Result<Vec<String>, CallError> {
    let listed = script.provider().templates(&credentials(), "20").await?;
    Ok(listed.into_iter().map(|template| template.name).collect())
}

#[tokio::test]
async fn follows_cursors_until_there_is_no_next_page() {
    let script = Script::new([page(&["a", "b"], Some("Q V&=="), true), page(&["c"], Some("R"), false)]);
    assert_eq!(names(&script).await.unwrap(), ["a", "b", "c"]);
    let paths = script.paths();
    assert!(paths[0].starts_with("https://graph.example.com/v24.0/20/message_templates?fields=id,name,"));
    assert!(!paths[0].contains("after=") && paths[0].ends_with("&limit=100"));
    assert!(paths[1].ends_with("&limit=100&after=Q+V%26%3D%3D"));
}

#[tokio::test]
async fn a_list_that_does_not_end_is_given_up() {
    let turning = Script::new([page(&["a"], Some("Q"), true), page(&["a"], Some("Q"), true)]);
    assert_eq!(names(&turning).await, Err(CallError::Unreadable));
    let endless = Script::new((0..TEMPLATE_PAGES_MAX).map(|at| page(&["a"], Some(&at.to_string()), true)));
    assert!(matches!(names(&endless).await, Err(CallError::Refused(_))));
}

#[tokio::test]
async fn an_odd_item_costs_only_itself_and_a_failure_costs_all() {
    let odd = r#"{"data":[17,{"name":"a","language":"en_US","status":"APPROVED","category":"UTILITY","components":[]},null]}"#;
    assert_eq!(names(&Script::new([answer(200, odd)])).await.unwrap(), ["a"]);
    assert_eq!(names(&Script::new([page(&[], None, true)])).await.unwrap(), [""; 0]);
    assert_eq!(names(&Script::new([answer(200, "{}")])).await, Err(CallError::Unreadable));
    let broken = Script::new([page(&["a"], Some("Q"), true), Err(TransportError::Broken)]);
    assert_eq!(names(&broken).await, Err(CallError::Transport(TransportError::Broken)));
}

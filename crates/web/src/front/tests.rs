use super::*;

#[test]
fn which_requests_skip_the_router() {
    let account = "/callbacks/main/acc_01h455vb4pex5vsknk084sn02q";
    for (method, path, route) in [
        (Method::POST, "/v1/messages", Some(Route::Message)),
        (Method::POST, "/v1/messages/batch", Some(Route::Batch)),
        (Method::POST, account, Some(Route::Callback)),
        (Method::GET, account, None),
        (Method::GET, "/v1/messages", None),
        (Method::POST, "/v1/messages/", None),
        (Method::POST, "/v1/messages/msg_1/cancel", None),
        (Method::POST, "/callbacks/main", None),
        (Method::POST, "/callbacks/main/", None),
        (Method::POST, "/callbacks/main/a/b", None),
        (Method::POST, "/callbacks/m%61in/acc", None),
        (Method::POST, "/", None),
    ] {
        assert_eq!(Route::of(&method, path), route, "{method} {path}");
    }
}

/// The labels of the metrics and the time limits go by the template, whichever way a request takes.
#[test]
fn templates_are_those_of_the_router() {
    let document = serde_json::to_value(crate::api::router().1).unwrap();
    for route in [Route::Message, Route::Batch] {
        assert!(document["paths"][route.template()]["post"].is_object(), "{route:?}");
    }
    assert_eq!(Route::Callback.template(), callbacks::PATH);
}

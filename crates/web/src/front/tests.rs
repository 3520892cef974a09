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

#[tokio::test]
async fn a_body_is_read_whole_or_refused_whole() {
    let frames = |sizes: &[usize]| {
        let frames = sizes
            .iter()
            .map(|size| Ok::<_, axum::Error>(http_body::Frame::data(Bytes::from(vec![b'x'; *size]))));
        http_body_util::StreamBody::new(futures_util::stream::iter(frames.collect::<Vec<_>>()))
    };
    for (sizes, read) in
        [(&[][..], Some(0)), (&[7], Some(7)), (&[3, 4, 3], Some(10)), (&[3, 8], None), (&[11], None)]
    {
        let body = gather(frames(sizes), 10).await;
        assert_eq!(body.as_ref().ok().map(Bytes::len), read, "{sizes:?}");
        assert!(body.is_ok() || body.is_err_and(|problem| problem.status == 413));
    }
    let endless = [limits::REFUSED_BYTES_READ_MAX; 3];
    assert!(gather(frames(&endless), 10).await.is_err(), "what comes behind is not waited for");
}

use bytes::Bytes;
use futures_util::StreamExt;
use http::Response;
use tidings_domain::provider::{CallError, MediaInfo, Provider, Upload};
use tidings_domain::transport::TransportError;

use super::{Script, answer, credentials};
use crate::limits::MEDIA_BYTES_MAX;

fn info(bytes: Option<u64>) -> MediaInfo {
    MediaInfo {
        provider_id: "77".to_owned(),
        mime_type: "audio/ogg; codecs=opus".to_owned(),
        sha256: None,
        bytes,
        url: Some("https://lookaside.fbsbx.com/a?mid=77".to_owned()),
    }
}

#[tokio::test]
async fn uploads_a_form_that_a_file_cannot_break() {
    let script = Script::new([answer(200, r#"{"id":"77"}"#)]);
    let upload = Upload {
        mime_type: "image/png\r\nX-Evil: 1".to_owned(),
        filename: "a\"b\r\nc\\.png".to_owned(),
        bytes: Bytes::from_static(b"--tidings-\r\n\0\xff"),
    };
    assert_eq!(script.provider().upload(&credentials(), "10650", upload).await, Ok("77".to_owned()));
    script.with_last(|request| {
        assert_eq!(request.uri().path(), "/v24.0/10650/media");
        let content_type = request.headers()["content-type"].to_str().unwrap();
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let body = String::from_utf8_lossy(request.body()).replace(boundary, "B");
        assert_eq!(
            body,
            "--B\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
             --B\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nimage/pngX-Evil: 1\r\n\
             --B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a_b__c_.png\"\r\n\
             Content-Type: image/png__X-Evil: 1\r\n\r\n--tidings-\r\n\0\u{fffd}\r\n--B--\r\n"
        );
    });
}

#[tokio::test]
async fn describes_a_file() {
    let script = Script::new([
        answer(
            200,
            r#"{"id":"77","url":"https://lookaside.fbsbx.com/a","mime_type":"image/png","sha256":"ab","file_size":"303833"}"#,
        ),
        answer(200, r#"{"mime_type":"image/png","file_size":-1}"#),
        answer(200, r#"{"id":"77"}"#),
    ]);
    let provider = script.provider();
    let described = provider.media_info(&credentials(), "10650", "77").await.unwrap();
    assert_eq!((described.bytes, described.mime_type.as_str()), (Some(303_833), "image/png"));
    assert_eq!(script.paths()[0], "https://graph.example.com/v24.0/77?phone_number_id=10650");
    let bare = provider.media_info(&credentials(), "10650", "77").await.unwrap();
    assert_eq!((bare.provider_id.as_str(), bare.bytes, bare.url), ("77", None, None));
    assert_eq!(provider.media_info(&credentials(), "10650", "77").await, Err(CallError::Unreadable));
}

/// The bytes that came, and the failure that ended them.
async fn download(
    info: &MediaInfo,
    given: Response<Bytes>,
) -> Result<(Vec<u8>, Option<TransportError>), String> {
    let script = Script::new([Ok(given)]);
    let opened = script.provider().download(&credentials(), info).await;
    let mut chunks = opened.map_err(|error| error.to_string())?;
    let mut all = Vec::new();
    while let Some(chunk) = chunks.next().await {
        match chunk {
            Ok(chunk) => all.extend_from_slice(&chunk),
            Err(error) => return Ok((all, Some(error))),
        }
    }
    Ok((all, None))
}

fn file(content_type: &str) -> Response<Bytes> {
    Response::builder().header("content-type", content_type).body(Bytes::from_static(b"0123456789")).unwrap()
}

#[tokio::test]
async fn holds_a_download_to_its_announced_size() {
    for (bytes, want) in [
        (Some(10), (&b"0123456789"[..], None)),
        (None, (b"0123456789", None)),
        (Some(12), (b"0123456789", Some(TransportError::Broken))),
        (Some(9), (b"01234567", Some(TransportError::TooLarge))),
    ] {
        let (all, error) = download(&info(bytes), file("audio/ogg")).await.unwrap();
        assert_eq!((all.as_slice(), error), want, "{bytes:?}");
    }
    let huge = download(&info(Some(MEDIA_BYTES_MAX as u64 + 1)), file("audio/ogg")).await;
    assert_eq!(huge, Err("the file is larger than 100 MiB".to_owned()));
}

#[tokio::test]
async fn refuses_another_type_a_failure_and_a_strange_host() {
    for (content_type, fits) in
        [("Audio/OGG", true), ("audio/ogg;codecs=opus", true), ("text/html", false), ("audio/oggs", false)]
    {
        assert_eq!(download(&info(None), file(content_type)).await.is_ok(), fits, "{content_type}");
    }
    let gone = Response::builder().status(404).body(Bytes::new()).unwrap();
    let gone = download(&info(None), gone).await;
    assert_eq!(
        gone,
        Err("the provider refused: the provider answered without a readable error (code -404)".to_owned())
    );
    for url in [None, Some("https://evil.example/a".to_owned())] {
        let strange = MediaInfo { url, ..info(None) };
        let script = Script::new([]);
        assert!(matches!(
            script.provider().download(&credentials(), &strange).await,
            Err(CallError::Refused(_))
        ));
    }
}

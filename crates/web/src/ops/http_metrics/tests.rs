use prometheus_client::encoding::text::encode;

use super::*;

#[test]
fn methods_and_statuses_are_classes() {
    let metrics = HttpMetrics::default();
    let odd = Method::from_bytes(b"BREW").unwrap();
    for (method, status) in [
        (&Method::GET, 200),
        (&Method::GET, 204),
        (&odd, 405),
        (&Method::POST, 500),
        (&Method::POST, 503),
        (&Method::POST, 429),
    ] {
        metrics.observe("/v1/x", method, StatusCode::from_u16(status).unwrap(), 1_500);
    }
    let mut registry = Registry::default();
    metrics.register(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    for line in [
        r#"http_requests_total{route="/v1/x",method="GET",status="2xx"} 2"#,
        r#"http_requests_total{route="/v1/x",method="other",status="4xx"} 1"#,
        r#"http_requests_total{route="/v1/x",method="POST",status="5xx"} 1"#,
        // What was turned away because of load.
        r#"http_requests_total{route="/v1/x",method="POST",status="503"} 1"#,
        r#"http_requests_total{route="/v1/x",method="POST",status="429"} 1"#,
        r#"http_request_seconds_bucket{le="0.001",route="/v1/x",method="GET"} 0"#,
        r#"http_request_seconds_bucket{le="0.0025",route="/v1/x",method="GET"} 2"#,
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
}

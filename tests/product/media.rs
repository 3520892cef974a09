//! Files: handed to the provider, read back, and sent by id.

use http::Method;
use serde_json::json;

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp, phone};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and so on";

both_engines! {
    async fn a_file_goes_up_and_comes_down(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let path = format!("/v1/media?sender={}&filename=a.png", tenant.sender);
        let made = tenant.http.raw(Method::POST, &path, PNG, &[("content-type", "image/png")]).await.expect(201);
        assert_eq!(made["bytes"], PNG.len());
        let id = made["id"].as_str().unwrap();
        let info = tenant.http.get(&format!("/v1/media/{id}")).await.expect(200);
        assert_eq!(info["mime_type"], "image/png");
        let answer = tenant.http.request(Method::GET, &format!("/v1/media/{id}/content")).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().unwrap()), (200, "image/png"));
        assert_eq!(answer.bytes().await.unwrap(), PNG);
        tenant.hears(1, "A picture, please", app.now_us()).await;
        let intent = json!({"to": {"phone": phone(1)}, "whatsapp": {"type": "image", "image": {"id": made["provider_id"]}}});
        let sent = tenant.send(&intent).await;
        tenant.until(&sent, "read").await;
    }

    async fn what_is_no_file_is_refused(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let path = format!("/v1/media?sender={}", tenant.sender);
        let image = [("content-type", "image/png")];
        tenant.http.raw(Method::POST, &path, "", &image).await.expect(400);
        tenant.http.raw(Method::POST, "/v1/media", PNG, &image).await.expect(400);
        tenant.http.raw(Method::POST, &path, PNG, &[]).await.expect(415);
        let odd = tenant.http.raw(Method::POST, &path, PNG, &[("content-type", "application/x-msdownload")]).await;
        assert!(odd.status >= 400, "{}", odd.text);
    }
}

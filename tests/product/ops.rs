//! What operators and their tools ask.

use tidings_tests::both_engines;
use tidings_tests::support::{Storage, TestApp};

both_engines! {
    async fn alive_ready_and_measured(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        assert_eq!(app.http.get("/livez").await.status, 200);
        assert_eq!(app.http.get("/readyz").await.status, 200);
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "read").await;
        let metrics = app.http.get("/metrics").await;
        assert_eq!(metrics.status, 200);
        for line in ["tidings_messages_accepted_total 1", "tidings_submissions_total 1", "tidings_submissions_accepted_total 1"] {
            assert!(metrics.text.contains(line), "{line} is not in\n{}", metrics.text);
        }
        assert!(!metrics.text.contains(&tenant.id) && !metrics.text.contains("49151"));
    }

    async fn the_api_describes_itself_without_the_internet(storage: Storage) {
        let app = TestApp::start(storage).await;
        let openapi = app.http.get("/openapi.json").await.expect(200);
        assert!(openapi["openapi"].as_str().unwrap().starts_with("3.1"));
        let docs = app.http.get("/docs/").await;
        assert_eq!(docs.status, 200);
        for elsewhere in ["https://cdn", "http://cdn", "unpkg", "jsdelivr", "googleapis"] {
            assert!(!docs.text.contains(elsewhere), "{elsewhere}");
        }
    }

    async fn the_overview_counts(storage: Storage) {
        let app = TestApp::start(storage).await;
        let tenant = app.tenant().await;
        let id = tenant.send(&tenant.utility(1)).await;
        tenant.until(&id, "read").await;
        tenant.http.get("/v1/overview").await.expect(200);
    }
}

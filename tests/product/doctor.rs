//! `tidings doctor` looks and says; it changes nothing.

use serde_json::Value;

use tidings_tests::both_engines;
use tidings_tests::support::{Program, Storage, free_port};

/// What it says of one check.
fn check<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let checks = answer["checks"].as_array().unwrap();
    checks.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("{name}: {answer}"))
}

both_engines! {
    async fn looks_beside_a_running_server_and_migrates_nothing(storage: Storage) {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        let path = data_dir.to_str().unwrap().to_owned();
        // A closed port: whether the provider answers is no concern of this test.
        let program = Program::default().on(&storage).with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", "http://127.0.0.1:9");
        let doctor = async || {
            let finished = program.run(&["doctor", "--data-dir", &path, "--json"]).await;
            assert_eq!(finished.code, Some(1), "the provider is not there: {}", finished.stderr);
            serde_json::from_str::<Value>(&finished.stdout).unwrap()
        };

        let before = doctor().await;
        assert_eq!(check(&before, "store")["verdict"], "bad", "{before}");
        assert!(!data_dir.exists(), "looking makes nothing");

        program.json(&["init", "--data-dir", &path, "--json"]).await;
        let after = doctor().await;
        assert_eq!(check(&after, "store")["verdict"], "good", "{after}");
        let served = program.serve(&data_dir, free_port().await).await;
        let beside = doctor().await;
        assert_eq!(check(&beside, "store")["verdict"], "good", "{beside}");
        assert_eq!(served.stop().await, Some(0));

        // Another master key: the store is there, but it is not this key's.
        std::fs::write(data_dir.join("master.key"), "ab".repeat(32)).unwrap();
        let locked_out = doctor().await;
        assert_eq!(check(&locked_out, "store")["verdict"], "bad", "{locked_out}");
        assert!(check(&locked_out, "store")["found"].as_str().unwrap().contains("master key"), "{locked_out}");
    }
}

/// A store whose schema is older is named, and is as old afterwards.
#[test]
fn an_older_store_stays_as_it_is() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().to_str().unwrap();
        let program = Program::default().with("TIDINGS_PROVIDERS__CLOUD__BASE_URL", "http://127.0.0.1:9");
        program.json(&["init", "--data-dir", path, "--json"]).await;
        let file = dir.path().join("main.db");
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, b"").unwrap();
        let finished = program.run(&["doctor", "--data-dir", path, "--json"]).await;
        let answer: Value = serde_json::from_str(&finished.stdout).unwrap();
        assert_eq!(check(&answer, "store")["mend"], "tidings migrate", "{answer}");
        assert_eq!(std::fs::metadata(&file).unwrap().len(), 0, "nothing was written");
    });
}

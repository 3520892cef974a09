use std::path::Path;

use super::overlay::is_setting;
use super::*;

fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables: Vec<(String, String)> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::from_parts(Path::new("tidings.toml"), text, &variables)
}

fn refusal(text: &str, variables: &[(&str, &str)]) -> String {
    load(text, variables).map(|config| config.shown()).expect_err("it must be refused").to_string()
}

#[test]
fn nothing_needs_to_be_set() {
    let config = load("", &[]).expect("the defaults hold");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.regions().iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["main"]);
    let doubt = &config.dispatch.doubt_s;
    assert_eq!((doubt.authentication, doubt.utility, doubt.service, doubt.marketing), (30, 120, 120, 600));
    let written = load(&config.shown(), &[]).expect("what is shown can be read");
    assert_eq!(written.shown(), config.shown());
}

#[test]
fn the_environment_overrides_the_file() {
    let file =
        "listen = '0.0.0.0:80'\n[dispatch.doubt_s]\nutility = 60\n[stores.eu]\nurl = 'postgres://db/eu'\n";
    let config = load(
        file,
        &[
            ("TIDINGS_DISPATCH__DOUBT_S__UTILITY", "5"),
            ("TIDINGS_LISTEN", "127.0.0.1:0"),
            ("TIDINGS_LOG__FORMAT", "json"),
            ("TIDINGS_PROVIDERS__CLOUD__BASE_URL", "http://127.0.0.1:9090"),
            ("TIDINGS_STORES__EU__URL", ""),
            ("TIDINGS_STORES__US__URL", "sqlite:/var/us.db"),
            ("TIDINGS_STORE__URL", "postgres://u:p@db/main"),
        ],
    )
    .expect("it fits");
    assert_eq!(config.dispatch.doubt_s.utility, 5);
    assert_eq!(config.listen.to_string(), "127.0.0.1:0");
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.providers.cloud.base_url, "http://127.0.0.1:9090");
    let regions: Vec<_> = config.regions().iter().map(|(name, region)| (*name, region.url.clone())).collect();
    assert_eq!(
        regions,
        [
            ("main", Some("postgres://u:p@db/main".to_owned())),
            ("eu", None),
            ("us", Some("sqlite:/var/us.db".to_owned()))
        ]
    );
}

#[test]
fn what_is_wrong_is_named() {
    for (file, variables, words) in [
        ("lisen = '0.0.0.0:80'", &[][..], &["tidings.toml", "line 1", "lisen"][..]),
        ("\n\n[log]\nlevel = 'loud'", &[], &["line 4", "loud"]),
        ("[dispatch.doubt_s]\nutility = -1", &[], &["line 2", "whole number of seconds"]),
        ("", &[("TIDINGS_LISEN", "x")], &["TIDINGS_LISEN", "lisen"]),
        ("", &[("TIDINGS_LISTEN", "here")], &["TIDINGS_LISTEN"]),
        (
            "",
            &[("TIDINGS_DISPATCH__DOUBT_S__UTILITY", "soon")],
            &["TIDINGS_DISPATCH__DOUBT_S__UTILITY", "seconds"],
        ),
        ("", &[("TIDINGS_LISTEN__PORT", "1")], &["TIDINGS_LISTEN__PORT"]),
        ("listen = '0.0.0.0:80'", &[("TIDINGS_LISTEN__PORT", "1")], &["`listen` is not a group"]),
        ("", &[("TIDINGS___", "1")], &["written like"]),
        ("tls.cert = 'a.pem'", &[], &["tls", "missing"]),
        ("providers.cloud.base_url = 'graph'", &[], &["base_url", "graph"]),
        ("stores.EU.url = 'x'", &[], &["stores.EU", "a-z"]),
        ("store.url = 'x'\nstores.main.url = 'y'", &[], &["stores.main"]),
        ("master_key = 'x'\nmaster_key_file = 'y'", &[], &["either"]),
    ] {
        let message = refusal(file, variables);
        for word in words {
            assert!(message.contains(word), "{file} {variables:?}: `{word}` is not in: {message}");
        }
    }
}

#[test]
fn secrets_are_not_shown() {
    let file =
        "master_key = 'aabbccdd'\nstore.url = 'postgres://me:hunter2@db/x?password=hunter3&sslmode=require'";
    let config = load(file, &[]).expect("it fits");
    let shown = config.shown();
    assert!(shown.contains("***") && shown.contains("sslmode=require"), "{shown}");
    for secret in ["aabbccdd", "hunter2", "hunter3"] {
        assert!(!shown.contains(secret) && !format!("{:?}", config.master_key).contains(secret), "{shown}");
    }
}

#[test]
fn arguments_and_test_switches_are_not_settings() {
    for (name, want) in [
        ("TIDINGS_STORE__URL", true),
        ("TIDINGS_LISEN", true),
        ("TIDINGS_KEY", false),
        ("TIDINGS_SERVER", false),
        ("TIDINGS_TEST_POSTGRES_URL", false),
        ("HOME", false),
    ] {
        assert_eq!(is_setting(name), want, "{name}");
    }
}

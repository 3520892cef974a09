//! Recorded payloads, where a collection of them lies beside the workspace.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tidings_domain::fact::Fact;
use tidings_domain::whatsapp::{Outgoing, Recipient};

use super::super::parse;

/// The recorded files whose names start with one of the given words.
pub fn recorded(kinds: &[&str]) -> Vec<(String, String)> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/payloads");
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<(String, String)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let name = entry.file_name().into_string().ok()?;
            let wanted = name.ends_with(".json") && kinds.iter().any(|kind| name.starts_with(kind));
            Some((name, std::fs::read_to_string(entry.path()).ok()?)).filter(|_| wanted)
        })
        .collect();
    files.sort();
    files
}

/// What a file's name promises, as a fragment of the kinds of its facts.
fn promised(name: &str) -> Option<&'static str> {
    let table = [
        ("status-deleted", "Other"),
        ("status-unknown", "Other"),
        ("status-", "Receipt"),
        ("inbound-system-identity", "Other"),
        ("inbound-system", "IdentityChange"),
        ("inbound-text-missing-from", "Other"),
        ("inbound-invalid-timestamp", "Other"),
        ("template-status", "TemplateStatus"),
        ("template-quality", "TemplateQuality"),
        ("template-category", "TemplateCategory"),
        ("account-", "AccountSignal"),
        ("user-preferences", "Preference"),
        ("smb-", "Other"),
        ("messaging-handover", "SenderSignal"),
        ("value-level-errors", "ProviderError"),
        ("history", "Other"),
        ("batch-", "Receipt"),
    ];
    table.iter().find(|(start, _)| name.starts_with(start)).map(|(_, kind)| *kind)
}

fn kind(fact: &Fact) -> String {
    format!("{fact:?}").split(['(', ' ']).next().unwrap_or_default().to_owned()
}

#[test]
fn every_recorded_callback_becomes_facts() {
    let files = recorded(&[
        "account-",
        "batch-",
        "history-",
        "inbound-",
        "messaging-",
        "smb-",
        "status-",
        "template-category",
        "template-quality",
        "template-status",
        "user-",
        "value-",
    ]);
    for (name, body) in &files {
        let body: Value = serde_json::from_str(body).unwrap();
        let entries = parse(body.to_string().as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let kinds: Vec<String> = entries.iter().flat_map(|entry| &entry.facts).map(kind).collect();
        assert!(!kinds.is_empty(), "{name}");
        if let Some(promised) = promised(name) {
            assert!(kinds.iter().any(|kind| kind == promised), "{name} gave {kinds:?}");
        }
    }
    println!("{} recorded callbacks checked", files.len());
}

/// What we would write for the content of a recorded request is that request, with our own frame.
#[test]
fn recorded_requests_have_the_shape_of_ours() {
    let files = recorded(&["send-request-"]);
    for (name, body) in &files {
        let want: Value = serde_json::from_str(body).unwrap();
        let outgoing = Outgoing::from_json(&want).unwrap_or_else(|problems| panic!("{name}: {problems:?}"));
        let to = want["to"].as_str().unwrap();
        let mut out = Vec::new();
        outgoing.write_body(Recipient::Phone(to), "att_x", &mut out);
        let mut made: Value = serde_json::from_slice(&out).unwrap();
        let opaque = made.as_object_mut().unwrap().remove("biz_opaque_callback_data");
        assert_eq!((opaque, made), (Some("att_x".into()), want), "{name}");
    }
    println!("{} recorded requests checked", files.len());
}

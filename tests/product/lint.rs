//! The linter and the simulator's reviewer share no code and must say the same of every template.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};
use tidings_domain::whatsapp::lint::{Severity, is_refused, lint};
use tidings_simulator::{Provision, SimConfig, Simulator};
use tidings_tests::support::Program;

const TEMPLATES: &str = include_str!("../testdata/templates.json");
const NOW: i64 = 1_790_000_000_000_000;
const WABA: &str = "102290129340398";
const TOKEN: &str = "token";

fn templates() -> Vec<Value> {
    serde_json::from_str(TEMPLATES).unwrap()
}

fn call(sim: &Simulator, at: i64, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(Bytes::from(body.to_string()))
        .unwrap();
    let answer = sim.handle(at, request).response;
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap_or(Value::Null))
}

/// What the simulator makes of a template: refused at once, or the status and category after its review.
fn verdict(template: &Value) -> Result<(String, String), String> {
    let sim = Simulator::new(SimConfig::default());
    sim.provision(Provision {
        business_account_id: WABA.into(),
        access_token: TOKEN.into(),
        ..Provision::default()
    });
    let path = format!("/v25.0/{WABA}/message_templates");
    let (status, made) = call(&sim, NOW, "POST", &path, template);
    if status != 200 {
        return Err(made["error"].to_string());
    }
    sim.take_due(NOW + SimConfig::default().review_us);
    let (_, found) =
        call(&sim, NOW, "GET", &format!("/v25.0/{}", made["id"].as_str().unwrap()), &Value::Null);
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    Ok((text("status"), text("category")))
}

#[test]
fn the_linter_names_each_rule_with_its_place() {
    for case in templates() {
        let findings = lint(&case["template"]);
        for (list, severity) in [("expect", Severity::Error), ("warnings", Severity::Warning)] {
            let found: Vec<Value> = findings
                .iter()
                .filter(|finding| finding.severity == severity)
                .map(|finding| {
                    let mut found = json!({"rule": finding.rule, "pointer": finding.pointer});
                    if let Some(offset) = finding.offset.filter(|_| severity == Severity::Error) {
                        found["offset"] = json!(offset);
                    }
                    found
                })
                .collect();
            let wanted = case[list].as_array().cloned().unwrap_or_default();
            assert_eq!(found, wanted, "{}: {findings:?}", case["case"]);
        }
        for finding in &findings {
            let place = case["template"].pointer(&finding.pointer);
            assert!(place.is_some(), "{}: {finding:?} points nowhere", case["case"]);
            if let Some(offset) = finding.offset {
                let chars = place.and_then(Value::as_str).map_or(0, |text| text.chars().count());
                assert!(offset <= chars, "{}: {finding:?}", case["case"]);
            }
        }
    }
}

#[test]
fn the_linter_agrees_with_the_reviewer() {
    let templates = templates();
    let (mut good, mut bad) = (0, 0);
    for case in &templates {
        let findings = lint(&case["template"]);
        let verdict = verdict(&case["template"]);
        let taken = verdict.as_ref().is_ok_and(|(status, _)| status == "APPROVED");
        assert_eq!(!is_refused(&findings), taken, "{}: {verdict:?} against {findings:?}", case["case"]);
        if let Ok((_, category)) = &verdict
            && taken
        {
            let drifts = findings.iter().any(|finding| finding.rule == "category.promotional");
            assert_eq!(drifts, case["template"]["category"] != json!(category), "{}", case["case"]);
        }
        if taken { good += 1 } else { bad += 1 }
    }
    assert!(good >= 25 && bad >= 60, "{good} good, {bad} bad");
}

/// Every place of a template, as a JSON pointer.
fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, field)| places(field, &format!("{pointer}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| places(item, &format!("{pointer}/{n}"), found));
        }
        _ => {}
    }
}

#[test]
fn odd_shapes_are_findings_and_never_a_panic() {
    let odd = [json!(null), json!(7), json!("{{"), json!([[]]), json!({"": {}}), json!("\u{202e}{{1}}\u{0}")];
    for case in templates() {
        let mut pointers = Vec::new();
        places(&case["template"], "", &mut pointers);
        for pointer in pointers {
            for value in &odd {
                let mut template = case["template"].clone();
                *template.pointer_mut(&pointer).unwrap() = value.clone();
                for finding in lint(&template) {
                    assert!(template.pointer(&finding.pointer).is_some(), "{template}: {finding:?}");
                }
                drop(verdict(&template));
            }
        }
    }
}

#[tokio::test]
async fn the_command_judges_a_file_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("template.json");
    for case in templates().iter().step_by(17) {
        std::fs::write(&path, case["template"].to_string()).unwrap();
        let refused = is_refused(&lint(&case["template"]));
        let finished = Program::default().run(&["template", "lint", path.to_str().unwrap()]).await;
        assert_eq!(finished.code, Some(i32::from(refused)), "{}: {finished:?}", case["case"]);
        for finding in lint(&case["template"]) {
            assert!(finished.stdout.contains(finding.rule), "{}: {}", case["case"], finished.stdout);
        }
    }
}

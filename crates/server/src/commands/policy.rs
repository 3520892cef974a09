//! `tidings policy …`: what may be sent when.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use http::Method;
use serde_json::Value;

use super::{Failure, Outcome, view};
use crate::cli::{Policy, Server};
use crate::output::Out;

pub async fn run(command: Policy, out: Out) -> Outcome {
    match command {
        Policy::Show { server } => {
            let shown = view::api(&server).get("/v1/policy/settings").await?;
            Ok(out.answer(&shown, || settings(&shown))?)
        }
        Policy::Set { file, server } => {
            let body = json(&file)?;
            let set = view::api(&server).call(Method::PUT, "/v1/policy/settings", Some(body), None).await?;
            Ok(out.answer(&set, || format!("version {} is in force", set["version"]))?)
        }
        Policy::Packs { upcoming: true, all_tenants, at, server } => {
            let path = if all_tenants { "/v1/tenants/policy-changes" } else { "/v1/policy/packs" };
            let only = (!all_tenants).then_some("true");
            let query = crate::api::query(&[("upcoming", only), ("at", at.as_deref())]);
            let found = view::api(&server).get(&format!("{path}{query}")).await?;
            Ok(out.answer(&found, || changes(&found))?)
        }
        Policy::Decisions { server } => {
            let found = view::api(&server).get("/v1/policy/decisions").await?;
            let columns = [
                ("RULE", "/rule"),
                ("VERDICT", "/verdict"),
                ("LAST DAY", "/last_day"),
                ("LAST WEEK", "/last_week"),
                ("NEWEST", "/latest/0/message"),
            ];
            Ok(out.answer(&found, || view::list(&found, "rules", &columns))?)
        }
        Policy::Packs { server, .. } => {
            let packs = view::api(&server).get("/v1/policy/packs").await?;
            let columns = [
                ("COUNTRY", "/country"),
                ("VERSION", "/version"),
                ("HOURS", "/hours/0/hours"),
                ("STATUS", "/hours/0/status"),
                ("SOURCE", "/hours/0/source"),
            ];
            Ok(out.answer(&packs, || view::list(&packs, "packs", &columns))?)
        }
        Policy::Rules { server } => {
            let rules = view::api(&server).get("/v1/policy/rules").await?;
            let columns = [
                ("ID", "/id"),
                ("NAME", "/name"),
                ("VERDICT", "/verdict"),
                ("MODE", "/mode"),
                ("WHEN", "/when"),
            ];
            Ok(out.answer(&rules, || view::list(&rules, "rules", &columns))?)
        }
        Policy::Audience { file, recipients, at, server } => {
            audience(&file, recipients, at, &server, out).await
        }
        Policy::Evaluate { file, at, server } => {
            let body = json(&file)?;
            let path = format!("/v1/policy/evaluate{}", crate::api::query(&[("at", at.as_deref())]));
            let verdict = view::api(&server).post(&path, Some(body)).await?;
            let columns =
                [("RULE", "/rule"), ("VERDICT", "/verdict"), ("UNTIL", "/until"), ("REASON", "/reason")];
            Ok(out.answer(&verdict, || {
                format!(
                    "{}\n{}",
                    view::text(&verdict, "/verdict"),
                    view::list(&verdict, "decisions", &columns)
                )
            })?)
        }
    }
}

async fn audience(
    file: &Path,
    recipients: Option<PathBuf>,
    at: Option<String>,
    server: &Server,
    out: Out,
) -> Outcome {
    let mut body = serde_json::json!({"message": json(file)?});
    if let Some(recipients) = recipients {
        body["recipients"] = numbers(&recipients)?.into();
    }
    if let Some(at) = at {
        body["at"] = at.into();
    }
    let report = view::api(server).post("/v1/policy/audience", Some(body)).await?;
    let columns =
        [("RULE", "/rule"), ("VERDICT", "/verdict"), ("COUNT", "/count"), ("EARLIEST", "/earliest")];
    let totals = [
        ("asked", "/total"),
        ("allow", "/allow"),
        ("deny", "/deny"),
        ("defer", "/defer"),
        ("refused", "/refused"),
        ("repeated", "/repeated"),
    ];
    Ok(out.answer(&report, || {
        format!("{}\n{}", view::fields(&report, &totals), view::list(&report, "rules", &columns))
    })?)
}

/// A paragraph for each change, with what it touches.
fn changes(found: &Value) -> String {
    let mut text = String::new();
    for change in found["changes"].as_array().into_iter().flatten() {
        let areas: Vec<&str> =
            change["areas"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let place = format!("{} {}", view::text(change, "/country"), areas.join(", "));
        text.push_str(&format!("{}  {}  {}\n", view::text(change, "/on"), place.trim(), change["what"]));
        text.push_str(&format!("  {}\n", view::text(change, "/source")));
        for touched in change["touches"].as_array().into_iter().flatten() {
            let spared = view::text(touched, "/spared");
            if !spared.is_empty() {
                text.push_str(&format!("  {}: does not act, {spared}\n", view::text(touched, "/name")));
                continue;
            }
            let named = |list: &str, name: &str| {
                let rows = touched[list].as_array().into_iter().flatten();
                let one = |row: &Value| format!("{} ({})", view::text(row, name), row["messages"]);
                rows.map(one).collect::<Vec<_>>().join(", ")
            };
            text.push_str(&format!("  {}\n", view::text(touched, "/name")));
            text.push_str(&format!("    templates: {}\n", named("templates", "/name")));
            text.push_str(&format!("    senders: {}\n", named("senders", "/address")));
        }
    }
    if text.is_empty() { "nothing is announced\n".to_owned() } else { text }
}

fn settings(shown: &Value) -> String {
    let text = serde_json::to_string_pretty(&shown["settings"]).unwrap_or_default();
    let limit = view::fields(
        &shown["messaging_limit"],
        &[("tier", "/tier"), ("people a day", "/recipients_per_day"), ("reached", "/reached")],
    );
    format!("version {}\n{text}\n{limit}", shown["version"])
}

/// The first column of each line that begins with a number; a header is passed over.
fn numbers(file: &Path) -> Result<Vec<String>, Failure> {
    let text = read(file)?;
    let first = |line: &str| {
        line.split([',', ';', '\t']).next().unwrap_or_default().trim_matches(['"', ' ']).to_owned()
    };
    Ok(text.lines().map(first).filter(|number| number.starts_with('+')).collect())
}

fn json(file: &Path) -> Result<Value, Failure> {
    let text = read(file)?;
    serde_json::from_str(&text).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(file).map(|found| text = found)
    };
    read.map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
    Ok(text)
}

//! `tidings template …`: what the platform has, and the tenant's own catalogue.

use std::path::Path;

use anyhow::Context;
use serde_json::{Map, Value, json};
use tidings_domain::whatsapp::lint::{Finding, is_refused, lint};

use super::accounts::read;
use super::{Failure, Outcome, view};
use crate::api::{escaped, query};
use crate::cli::{Server, Template};
use crate::output::Out;
use crate::table::pairs;

pub async fn run(command: Template, out: Out) -> Outcome {
    match command {
        Template::Sync { account, server } => sync(&account, &server, out).await,
        Template::List(list) => {
            let page =
                view::api(&list.server).get(&format!("/v1/templates{}", view::page(&list, &[]))).await?;
            let columns = [
                ("NAME", "/definition/name"),
                ("LANGUAGE", "/definition/language"),
                ("STATUS", "/status"),
                ("CATEGORY", "/category"),
                ("QUALITY", "/quality"),
            ];
            Ok(out.answer(&page, || view::list(&page, "templates", &columns))?)
        }
        Template::Adopt { names, account, tags, owner, server } => {
            adopt(names, account, &tags, &owner, &server, out).await
        }
        Template::Lint { file } => judge(&file, out),
        Template::Create { name, category, account, settings, server } => {
            let mut body = settings.as_deref().map(object).transpose()?.unwrap_or_default();
            body.insert("name".to_owned(), json!(name));
            body.insert("category".to_owned(), json!(category));
            if let Some(account) = account {
                body.insert("account".to_owned(), json!(account));
            }
            let made = view::api(&server).post("/v1/templates/catalogue", Some(Value::Object(body))).await?;
            Ok(out.answer(&made, || format!("{} is in the catalogue ({})", name, view::text(&made, "/id")))?)
        }
        Template::Set { id, file, server } => {
            let path = format!("/v1/templates/catalogue/{}", escaped(&id));
            let set = view::api(&server).patch(&path, Value::Object(object(&file)?)).await?;
            Ok(out.answer(&set, || template(&set))?)
        }
        Template::Catalogue(server) => {
            let all = view::api(&server).get("/v1/templates/catalogue").await?;
            let columns = [("ID", "/id"), ("NAME", "/name"), ("CATEGORY", "/category"), ("OWNER", "/owner")];
            Ok(out.answer(&all, || view::list(&all, "templates", &columns))?)
        }
        Template::Show(by) => {
            let path = format!("/v1/templates/catalogue/{}", escaped(&by.id));
            let found = view::api(&by.server).get(&path).await?;
            Ok(out.answer(&found, || template(&found))?)
        }
        Template::Draft { id, file, language, variant, note, based_on, override_lint, server } => {
            let body = json!({"language": language, "variant": variant, "note": note, "based_on": based_on,
                "override_lint": override_lint, "definition": object(&file)?});
            let path = format!("/v1/templates/catalogue/{}/versions", escaped(&id));
            let made = view::api(&server).post(&path, Some(body)).await?;
            Ok(out.answer(&made, || version(&made))?)
        }
        Template::Rules { set, server } => {
            let api = view::api(&server);
            let rules = match set {
                Some(file) => api.put("/v1/templates/rules", Value::Object(object(&file)?)).await?,
                None => api.get("/v1/templates/rules").await?,
            };
            Ok(out.answer(&rules, || lines(&rules))?)
        }
        Template::Stats(server) => {
            let stats = view::api(&server).get("/v1/templates/stats").await?;
            let columns = [
                ("TEMPLATE", "/template"),
                ("LANGUAGE", "/language"),
                ("MONTH", "/month"),
                ("SUBMITTED", "/submitted"),
                ("APPROVED", "/approved"),
                ("REJECTED", "/rejected"),
                ("MEDIAN S", "/approval_s_median"),
                ("REASONS", "/reasons"),
            ];
            Ok(out.answer(&stats, || view::list(&stats, "stats", &columns))?)
        }
        other => of_version(other, out).await,
    }
}

async fn of_version(command: Template, out: Out) -> Outcome {
    let path = |id: &str, rest: &str| format!("/v1/templates/versions/{}{rest}", escaped(id));
    match command {
        Template::Step { version: id, step, note, server } => {
            let body = json!({"step": step, "note": note});
            let moved = view::api(&server).post(&path(&id, "/steps"), Some(body)).await?;
            Ok(out.answer(&moved, || version(&moved))?)
        }
        Template::Version(by) => {
            let found = view::api(&by.server).get(&path(&by.id, "")).await?;
            let columns = [("AT", "/at"), ("STATE", "/state"), ("ACTOR", "/actor"), ("NOTE", "/note")];
            Ok(out.answer(&found, || version(&found) + &view::list(&found, "history", &columns))?)
        }
        Template::RollBack(by) => {
            let back = view::api(&by.server).post(&path(&by.id, "/roll-back"), None).await?;
            Ok(out.answer(&back, || version(&back))?)
        }
        Template::Diff { version: id, against, server } => {
            let rest = format!("/diff{}", query(&[("against", against.as_deref())]));
            let found = view::api(&server).get(&path(&id, &rest)).await?;
            let columns = [("PLACE", "/pointer"), ("BEFORE", "/before"), ("AFTER", "/after")];
            Ok(out.answer(&found, || view::list(&found, "changes", &columns))?)
        }
        Template::Preview { version: id, values, server } => {
            let pairs: Vec<(&str, Option<&str>)> = values
                .iter()
                .map(|each| each.split_once('=').map(|(name, value)| (name, Some(value))))
                .collect::<Option<_>>()
                .ok_or_else(|| Failure::Usage("write a value as NAME=VALUE".to_owned()))?;
            let found = view::api(&server).get(&path(&id, &format!("/preview{}", query(&pairs)))).await?;
            Ok(out.answer(&found, || shown(&found))?)
        }
        _ => unreachable!("all other commands are about the catalogue"),
    }
}

async fn sync(account: &str, server: &Server, out: Out) -> Outcome {
    let counts = view::api(server).post("/v1/templates/sync", Some(json!({"account": account}))).await?;
    Ok(out.answer(&counts, || lines(&counts))?)
}

async fn adopt(
    names: Vec<String>,
    account: Option<String>,
    tags: &[String],
    owner: &str,
    server: &Server,
    out: Out,
) -> Outcome {
    let tags: Map<String, Value> = tags
        .iter()
        .map(|tag| tag.split_once('=').map(|(key, value)| (key.to_owned(), json!(value))))
        .collect::<Option<_>>()
        .ok_or_else(|| Failure::Usage("write a tag as KEY=VALUE".to_owned()))?;
    let body = json!({"names": names, "account": account, "tags": tags, "owner": owner});
    let report = view::api(server).post("/v1/templates/catalogue/adopt", Some(body)).await?;
    let adopted = [("ID", "/id"), ("NAME", "/name"), ("CATEGORY", "/category"), ("LANGUAGES", "/languages")];
    let skipped = [("NOT ADOPTED", "/name"), ("CODE", "/code"), ("WHY", "/detail")];
    Ok(out.answer(&report, || {
        let mut text = view::list(&report, "adopted", &adopted);
        if report["skipped"].as_array().is_some_and(|rows| !rows.is_empty()) {
            text.push_str(&view::list(&report, "skipped", &skipped));
        }
        text
    })?)
}

/// Judges a file without a server; ends with status 1 if the platform would refuse it.
fn judge(file: &Path, out: Out) -> Outcome {
    let findings = lint(&Value::Object(object(file)?));
    let refused = is_refused(&findings);
    out.answer(&json!({"refused": refused, "findings": findings}), || {
        if findings.is_empty() {
            return "nothing to object to\n".to_owned();
        }
        findings.iter().map(line).collect()
    })?;
    if refused { Err(Failure::Said) } else { Ok(()) }
}

fn line(finding: &Finding) -> String {
    let place = finding.offset.map(|n| format!(" at character {n}")).unwrap_or_default();
    let pointer = if finding.pointer.is_empty() { "/" } else { &finding.pointer };
    format!("{} {}: {pointer}{place}: {}\n", finding.severity.as_str(), finding.rule, finding.detail)
}

fn object(file: &Path) -> anyhow::Result<Map<String, Value>> {
    serde_json::from_str(&read(file)?).with_context(|| format!("{} is no JSON object", file.display()))
}

fn lines(value: &Value) -> String {
    let fields = value.as_object().into_iter().flatten();
    let rows: Vec<(&str, String)> = fields.map(|(name, value)| (name.as_str(), value.to_string())).collect();
    pairs(&rows)
}

fn template(found: &Value) -> String {
    let names = [
        ("id", "/id"),
        ("name", "/name"),
        ("category", "/category"),
        ("owner", "/owner"),
        ("tags", "/tags"),
        ("variables", "/variables"),
        ("variants", "/variants"),
        ("substitute", "/substitute"),
        ("archived", "/archived_at"),
    ];
    let columns = [
        ("VERSION", "/id"),
        ("LANGUAGE", "/language"),
        ("VARIANT", "/variant"),
        ("N", "/version"),
        ("STATE", "/state"),
        ("REASON", "/reason"),
    ];
    let mut text = view::fields(found, &names);
    if found["versions"].is_array() {
        text.push_str(&view::list(found, "versions", &columns));
    }
    text
}

fn version(found: &Value) -> String {
    let names = [
        ("id", "/id"),
        ("language", "/language"),
        ("variant", "/variant"),
        ("version", "/version"),
        ("state", "/state"),
        ("reason", "/reason"),
        ("at the platform", "/provider_name"),
        ("overridden by", "/overridden_by"),
        ("note", "/note"),
    ];
    view::fields(found, &names)
}

fn shown(preview: &Value) -> String {
    let mut text = String::new();
    let header = view::text(preview, "/header/text");
    let kind = view::text(preview, "/header/kind");
    if !header.is_empty() {
        text.push_str(&format!("{header}\n\n"));
    } else if !kind.is_empty() {
        text.push_str(&format!("[{kind}]\n\n"));
    }
    text.push_str(&format!("{}\n", view::text(preview, "/body")));
    let footer = view::text(preview, "/footer");
    if !footer.is_empty() {
        text.push_str(&format!("\n{footer}\n"));
    }
    for button in preview["buttons"].as_array().into_iter().flatten() {
        let leads = view::text(button, "/leads_to");
        text.push_str(&format!("[ {} ] {leads}\n", view::text(button, "/text")));
    }
    text
}

//! `tidings verification …`: one-time passwords from the command line.

use serde_json::{Value, json};

use super::{Outcome, view};
use crate::api::escaped;
use crate::cli::{ById, Entry, EntryKind, Verification};
use crate::output::Out;

pub async fn run(command: Verification, out: Out) -> Outcome {
    match command {
        Verification::Start { to, template, language, server } => {
            let mut body = json!({"to": {"phone": to}});
            for (field, value) in [("template", template), ("language", language)] {
                if let Some(value) = value {
                    body[field] = json!(value);
                }
            }
            let made = view::api(&server).post("/v1/verifications", Some(body)).await?;
            Ok(out.answer(&made, || words(&made))?)
        }
        Verification::Check { id, code, server } => {
            let body = json!({"id": id, "code": code});
            let checked = view::api(&server).post("/v1/verifications/check", Some(body)).await?;
            Ok(out.answer(&checked, || {
                let right = if checked["valid"] == true { "right" } else { "not right" };
                format!("the code is {right}\n{}", words(&checked))
            })?)
        }
        Verification::Get(by) => {
            let found = view::api(&by.server).get(&path(&by.id, "")).await?;
            Ok(out.answer(&found, || words(&found))?)
        }
        Verification::Resend(by) => act(&by, "/resend", out).await,
        Verification::Cancel(by) => act(&by, "/cancel", out).await,
        Verification::Overview { hours, server } => {
            let found = view::api(&server).get(&format!("/v1/verifications/overview?hours={hours}")).await?;
            let names =
                [("since", "/since"), ("asked for", "/started"), ("used", "/approved"), ("sent", "/sends")];
            let columns = [
                ("COUNTRY", "/country"),
                ("ASKED FOR", "/started"),
                ("USED", "/approved"),
                ("SENT", "/sends"),
            ];
            Ok(out.answer(&found, || {
                format!("{}\n{}", view::fields(&found, &names), view::list(&found, "countries", &columns))
            })?)
        }
        Verification::Settings(server) => {
            let found = view::api(&server).get("/v1/verifications/settings").await?;
            Ok(out.answer(&found, || settings(&found))?)
        }
        Verification::Block(entry) => list(entry, true, out).await,
        Verification::Allow(entry) => list(entry, false, out).await,
        Verification::Unlist(by) => {
            view::api(&by.server).delete(&format!("/v1/verifications/lists/{}", escaped(&by.id))).await?;
            Ok(out.answer(&json!({"id": by.id, "removed": true}), || format!("{} counts no more", by.id))?)
        }
        Verification::Lists(server) => {
            let found = view::api(&server).get("/v1/verifications/lists").await?;
            let columns = [
                ("ID", "/id"),
                ("BLOCKED", "/blocked"),
                ("KIND", "/kind"),
                ("VALUE", "/value"),
                ("REASON", "/reason"),
            ];
            Ok(out.answer(&found, || view::list(&found, "entries", &columns))?)
        }
    }
}

fn path(id: &str, what: &str) -> String {
    format!("/v1/verifications/{}{what}", escaped(id))
}

async fn act(by: &ById, what: &str, out: Out) -> Outcome {
    let found = view::api(&by.server).post(&path(&by.id, what), Some(json!({}))).await?;
    Ok(out.answer(&found, || words(&found))?)
}

async fn list(entry: Entry, blocked: bool, out: Out) -> Outcome {
    let kind = match entry.kind {
        EntryKind::Phone => "phone",
        EntryKind::Prefix => "prefix",
        EntryKind::Country => "country",
        EntryKind::ClientIp => "client_ip",
        EntryKind::Device => "device",
    };
    let body = json!({"blocked": blocked, "kind": kind, "value": entry.value, "reason": entry.reason});
    let made = view::api(&entry.server).post("/v1/verifications/lists", Some(body)).await?;
    let done = if blocked { "blocked" } else { "allowed" };
    Ok(out.answer(&made, || format!("{kind} {} is {done} ({})", entry.value, view::text(&made, "/id")))?)
}

fn words(found: &Value) -> String {
    view::fields(
        found,
        &[
            ("verification", "/id"),
            ("status", "/status"),
            ("country", "/country"),
            ("codes sent", "/sends"),
            ("attempts left", "/attempts_left"),
            ("expires", "/expires_at"),
            ("again from", "/resend_at"),
        ],
    )
}

fn settings(found: &Value) -> String {
    let head = view::fields(
        found,
        &[
            ("code length", "/code_length"),
            ("alphabet", "/alphabet"),
            ("good for (s)", "/ttl_s"),
            ("wrong codes", "/attempts"),
            ("again after (s)", "/resend_after_s"),
            ("resends", "/resends"),
            ("template", "/template"),
            ("language", "/language"),
            ("guard", "/guard"),
        ],
    );
    let columns = [("SCOPE", "/scope"), ("WITHIN (S)", "/within_s"), ("MOST", "/max")];
    format!("{head}\n{}", view::list(found, "windows", &columns))
}

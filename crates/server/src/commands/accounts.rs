//! `tidings account …` and `tidings sender …`.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::{Value, json};

use super::{Outcome, view};
use crate::api::escaped;
use crate::cli::{Account, Sender};
use crate::limits::INPUT_FILE_BYTES_MAX;
use crate::output::Out;
use crate::table::table;

/// The text of a file, or of stdin for `-`.
pub fn read(path: &Path) -> anyhow::Result<String> {
    let mut text = String::new();
    let outcome = if path == Path::new("-") {
        std::io::stdin().lock().take(INPUT_FILE_BYTES_MAX).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(INPUT_FILE_BYTES_MAX).read_to_string(&mut text))
    };
    outcome.with_context(|| format!("{} cannot be read", path.display()))?;
    Ok(text.trim().to_owned())
}

/// How a provider is reached, as JSON.
fn connection(path: &Path) -> anyhow::Result<Value> {
    serde_json::from_str(&read(path)?).with_context(|| format!("{} is not JSON", path.display()))
}

fn secrets(body: &mut Value, token: Option<PathBuf>, secret: Option<PathBuf>) -> anyhow::Result<()> {
    for (field, file) in [("access_token", token), ("app_secret", secret)] {
        if let Some(file) = file {
            body[field] = json!(read(&file)?);
        }
    }
    Ok(())
}

pub async fn account(command: Account, out: Out) -> Outcome {
    match command {
        Account::Create {
            provider,
            business_account_id,
            connection_file,
            access_token_file,
            app_secret_file,
            verify_token,
            portfolio,
            server,
        } => {
            let mut body = json!({"provider": provider.as_deref().unwrap_or("cloud")});
            for (field, word) in [
                ("business_account_id", business_account_id),
                ("verify_token", verify_token),
                ("portfolio", portfolio),
            ] {
                if let Some(word) = word {
                    body[field] = json!(word);
                }
            }
            secrets(&mut body, access_token_file, app_secret_file)?;
            if let Some(file) = connection_file {
                body["connection"] = connection(&file)?;
            }
            let made = view::api(&server).post("/v1/accounts", Some(body)).await?;
            Ok(out.answer(&made, || {
                let names = [("account", "/id"), ("callback path", "/callback_path")];
                format!(
                    "{}\nGive the platform this server's public address with that path.",
                    view::fields(&made, &names)
                )
            })?)
        }
        Account::Update {
            id,
            access_token_file,
            app_secret_file,
            drop_old_app_secrets,
            verify_token,
            portfolio,
            connection_file,
            server,
        } => {
            let mut body = json!({"drop_old_app_secrets": drop_old_app_secrets});
            secrets(&mut body, access_token_file, app_secret_file)?;
            if let Some(file) = connection_file {
                body["connection"] = connection(&file)?;
            }
            if let Some(word) = verify_token {
                body["verify_token"] = json!(word);
            }
            if let Some(portfolio) = portfolio {
                body["portfolio"] = json!(portfolio);
            }
            let path = format!("/v1/accounts/{}", escaped(&id));
            let changed = view::api(&server).call(http::Method::PATCH, &path, Some(body), None).await?;
            let names =
                [("account", "/id"), ("portfolio", "/portfolio"), ("app secrets that count", "/app_secrets")];
            Ok(out.answer(&changed, || view::fields(&changed, &names))?)
        }
        Account::List(list) => {
            let page =
                view::api(&list.server).get(&format!("/v1/accounts{}", view::page(&list, &[]))).await?;
            let columns = [
                ("ID", "/id"),
                ("PROVIDER", "/provider"),
                ("AT THE PROVIDER", "/provider_ref"),
                ("PORTFOLIO", "/portfolio"),
            ];
            Ok(out.answer(&page, || view::list(&page, "accounts", &columns))?)
        }
    }
}

pub async fn sender(command: Sender, out: Out) -> Outcome {
    match command {
        Sender::Create { account, address, provider_ref, messages_per_s, server } => {
            let mut body = json!({"account": account, "address": address});
            if let Some(id) = provider_ref {
                body["provider_ref"] = json!(id);
            }
            if let Some(rate) = messages_per_s {
                body["messages_per_s"] = json!(rate);
            }
            let made = view::api(&server).post("/v1/senders", Some(body)).await?;
            Ok(out.answer(&made, || view::fields(&made, &[("sender", "/id")]))?)
        }
        Sender::List(list) => {
            let page = view::api(&list.server).get(&format!("/v1/senders{}", view::page(&list, &[]))).await?;
            let columns = [
                ("ID", "/id"),
                ("CHANNEL", "/channel"),
                ("ADDRESS", "/address"),
                ("AT THE PROVIDER", "/provider_ref"),
                ("MSG/S", "/messages_per_s"),
            ];
            Ok(out.answer(&page, || view::list(&page, "senders", &columns))?)
        }
        Sender::Lane(by) => {
            let lane = view::api(&by.server).get(&format!("/v1/senders/{}/lane", escaped(&by.id))).await?;
            Ok(out.answer(&lane, || lane_words(&lane))?)
        }
    }
}

fn lane_words(lane: &Value) -> String {
    let mut out =
        view::fields(lane, &[("phase", "/phase"), ("detail", "/detail"), ("in flight", "/in_flight")]);
    let cells = |list: &str, names: &[&str]| -> Vec<Vec<String>> {
        let items = lane[list].as_array().into_iter().flatten();
        items.map(|item| names.iter().map(|name| view::text(item, &format!("/{name}"))).collect()).collect()
    };
    for (list, names, head) in [
        ("queued", &["category", "waiting"][..], &["QUEUE", "WAITING"][..]),
        (
            "buckets",
            &["scope", "available", "burst", "messages_per_s"],
            &["BUCKET", "FREE", "OF", "PER SECOND"],
        ),
        ("holds", &["scope", "seconds_left", "reason"], &["HOLD", "SECONDS LEFT", "REASON"]),
    ] {
        let rows = cells(list, names);
        if !rows.is_empty() {
            out.push_str(&format!("\n{}", table(head, &rows)));
        }
    }
    out
}

//! `tidings message …`.

use anyhow::Context;
use http::Method;
use serde_json::{Map, Value, json};

use super::accounts::read;
use super::{Failure, Outcome, view};
use crate::api::escaped;
use crate::cli::{Message, Send};
use crate::output::Out;

pub async fn run(command: Message, out: Out) -> Outcome {
    match command {
        Message::Send(send) => {
            let intent = intent(&send)?;
            let api = view::api(&send.server);
            let answer =
                api.call(Method::POST, "/v1/messages", Some(intent), send.idempotency_key.as_deref()).await?;
            Ok(out.answer(&answer, || view::fields(&answer, &[("message", "/id"), ("status", "/status")]))?)
        }
        Message::Get(by) => {
            let message = view::api(&by.server).get(&format!("/v1/messages/{}", escaped(&by.id))).await?;
            Ok(out.answer(&message, || words(&message))?)
        }
        Message::List { list, status, reference, to, trace } => {
            let filter = [
                ("status", status.as_deref()),
                ("reference", reference.as_deref()),
                ("to", to.as_deref()),
                ("trace", trace.as_deref()),
            ];
            let page =
                view::api(&list.server).get(&format!("/v1/messages{}", view::page(&list, &filter))).await?;
            let columns =
                [("ID", "/id"), ("STATUS", "/status"), ("CREATED", "/created_at"), ("WHY", "/reason")];
            Ok(out.answer(&page, || view::list(&page, "messages", &columns))?)
        }
        Message::Cancel(by) => {
            let path = format!("/v1/messages/{}/cancel", escaped(&by.id));
            let answer = view::api(&by.server).post(&path, None).await?;
            Ok(out.answer(&answer, || format!("{} is canceled", by.id))?)
        }
        Message::Redrive(by) => {
            let path = format!("/v1/messages/{}/redrive", escaped(&by.id));
            let answer = view::api(&by.server).post(&path, None).await?;
            Ok(out.answer(&answer, || format!("{} is queued again", by.id))?)
        }
    }
}

fn words(message: &Value) -> String {
    let names = [
        ("message", "/id"),
        ("status", "/status"),
        ("why", "/reason"),
        ("category", "/category"),
        ("sender", "/sender"),
        ("reference", "/reference"),
        ("created", "/created_at"),
        ("expires", "/expires_at"),
        ("trace", "/trace_id"),
    ];
    format!(
        "{}\n`tidings explain {}` tells the whole story.",
        view::fields(message, &names),
        view::text(message, "/id")
    )
}

/// The intent of the arguments.
fn intent(send: &Send) -> Result<Value, Failure> {
    if let Some(path) = &send.intent {
        return Ok(serde_json::from_str(&read(path)?).context("the intent is not JSON")?);
    }
    let mut intent = json!({"to": {"phone": send.to}});
    if let Some(text) = &send.text {
        intent["text"] = json!({"body": text});
    }
    if let Some(name) = &send.template {
        let mut variables = Map::new();
        for pair in &send.variables {
            let (name, value) = pair
                .split_once('=')
                .ok_or_else(|| Failure::Usage(format!("--var is written NAME=VALUE, not `{pair}`")))?;
            variables.insert(name.to_owned(), json!(value));
        }
        intent["template"] = json!({"name": name, "language": send.language, "variables": variables});
    }
    for (name, value) in [("from", &send.from), ("reference", &send.reference)] {
        if let Some(value) = value {
            intent[name] = json!(value);
        }
    }
    Ok(intent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn made(line: &str) -> Result<Value, Failure> {
        let cli = Cli::try_parse_from(line.split(' ')).expect("a good line");
        let Command::Message(Message::Send(send)) = cli.command else { unreachable!("the line sends") };
        intent(&send)
    }

    #[test]
    fn arguments_make_an_intent() {
        assert_eq!(
            made(
                "tidings message send --to +4930123456 --template order --var 1=Ann --var 2=b=c --reference r"
            )
            .expect("good"),
            json!({"to": {"phone": "+4930123456"}, "reference": "r",
                "template": {"name": "order", "language": "en_US", "variables": {"1": "Ann", "2": "b=c"}}})
        );
        assert_eq!(
            made("tidings message send --to +4930123456 --text hi").expect("good"),
            json!({"to": {"phone": "+4930123456"}, "text": {"body": "hi"}})
        );
        assert!(matches!(
            made("tidings message send --to +4930123456 --template order --var Ann"),
            Err(Failure::Usage(_))
        ));
    }
}

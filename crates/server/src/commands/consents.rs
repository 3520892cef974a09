//! `tidings consent …`: the ledger, its topics and its settings.

mod forms;
mod reviews;

use http::Method;
use serde_json::{Map, Value, json};

use super::{Failure, Outcome, imports, view};
use crate::api::query;
use crate::cli::{Consent, ConsentRules, Said};
use crate::output::Out;

pub async fn run(command: Consent, out: Out) -> Outcome {
    match command {
        Consent::Grant(said) => say(said, true, out).await,
        Consent::Revoke(said) => say(said, false, out).await,
        Consent::List { list, to } => {
            let path = format!("/v1/consents{}", view::page(&list, &[("to", to.as_deref())]));
            let page = view::api(&list.server).get(&path).await?;
            Ok(out.answer(&page, || view::list(&page, "consents", LEDGER))?)
        }
        Consent::State { to, at, known_now, server } => {
            let known = known_now.then_some("now");
            let path = query(&[("to", Some(to.as_str())), ("at", at.as_deref()), ("known", known)]);
            let state = view::api(&server).get(&format!("/v1/consents/state{path}")).await?;
            Ok(out.answer(&state, || view::list(&state, "held", STATE))?)
        }
        Consent::Import { file, purpose, channel, granted, revoked, refused, server } => {
            let granted = (granted || revoked).then(|| granted.to_string());
            let query = query(&[
                ("purpose", purpose.as_deref()),
                ("channel", channel.as_deref()),
                ("granted", granted.as_deref()),
            ]);
            imports::run(&file, &format!("/v1/consent-imports{query}"), refused.as_deref(), &server, out)
                .await
        }
        Consent::Export { to, csv, server } => {
            let format = csv.then_some("csv");
            let path =
                format!("/v1/consents/export{}", query(&[("to", Some(to.as_str())), ("format", format)]));
            if csv {
                let table = view::api(&server).text(&path).await?;
                return Ok(out.answer(&json!({"csv": table}), || table.clone())?);
            }
            let page = view::api(&server).get(&path).await?;
            Ok(out.answer(&page, || view::list(&page, "consents", LEDGER))?)
        }
        Consent::Link { to, language, server } => {
            let mut body = json!({"to": recipient(&to)});
            if let Some(language) = language {
                body["language"] = json!(language);
            }
            let made = view::api(&server).post("/v1/preference-links", Some(body)).await?;
            let fields = [("link", "/url"), ("opens until", "/expires_at")];
            Ok(out.answer(&made, || view::fields(&made, &fields))?)
        }
        Consent::Topics(server) => {
            let page = view::api(&server).get("/v1/topics").await?;
            let columns = [
                ("CODE", "/code"),
                ("CATEGORY", "/category"),
                ("TITLES", "/titles"),
                ("ARCHIVED", "/archived"),
            ];
            Ok(out.answer(&page, || view::list(&page, "topics", &columns))?)
        }
        Consent::Topic { code, category, titles, archive, server } => {
            let body =
                json!({"code": code, "category": category, "titles": pairs(&titles)?, "archived": archive});
            let made = view::api(&server).post("/v1/topics", Some(body)).await?;
            Ok(out.answer(&made, || view::fields(&made, &[("topic", "/code"), ("id", "/id")]))?)
        }
        Consent::Settings(rules) => settings(rules, out).await,
        Consent::Reviews { .. } | Consent::Confirm { .. } | Consent::Dismiss(_) => {
            reviews::run(command, out).await
        }
        command => forms::run(command, out).await,
    }
}

const LEDGER: &[(&str, &str)] = &[
    ("AT", "/at"),
    ("TO", "/to"),
    ("PURPOSE", "/purpose"),
    ("CHANNEL", "/channel"),
    ("GRANTED", "/granted"),
    ("SOURCE", "/source"),
    ("DETAIL", "/source_detail"),
];

const STATE: &[(&str, &str)] = &[
    ("PURPOSE", "/purpose"),
    ("CHANNEL", "/channel"),
    ("STATE", "/state"),
    ("SINCE", "/since"),
    ("BECAUSE OF", "/decided_by/id"),
    ("SOURCE", "/decided_by/source"),
];

async fn say(said: Said, granted: bool, out: Out) -> Outcome {
    let mut body = json!({
        "to": recipient(&said.to), "purpose": said.purpose, "channel": said.channel, "granted": granted,
        "source": said.source,
    });
    for (field, value) in [("source_detail", said.detail), ("at", said.at)] {
        if let Some(value) = value {
            body[field] = json!(value);
        }
    }
    let made = view::api(&said.server).post("/v1/consents", Some(body)).await?;
    let word = if granted { "granted" } else { "revoked" };
    Ok(out.answer(&made, || {
        format!("{} is {word} ({})", view::text(&made, "/purpose"), view::text(&made, "/id"))
    })?)
}

/// An address by its form.
pub(super) fn recipient(text: &str) -> Value {
    if text.contains('@') {
        json!({"email": text})
    } else if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        json!({"bsuid": text})
    } else {
        json!({"phone": text})
    }
}

/// `de=Neuheiten` as a field of an object.
fn pairs(all: &[String]) -> Result<Map<String, Value>, Failure> {
    let pair = |text: &String| {
        let (language, title) =
            text.split_once('=').ok_or_else(|| Failure::Usage(format!("`{text}` is not LANGUAGE=TITLE")))?;
        Ok((language.to_owned(), json!(title)))
    };
    all.iter().map(pair).collect()
}

/// Words of the tenant's own, if any were named; an empty one clears the list.
fn words(given: &[String]) -> Option<Value> {
    let all: Vec<&String> = given.iter().filter(|word| !word.is_empty()).collect();
    (!given.is_empty()).then(|| json!(all))
}

/// What of the settings changes.
fn changes(rules: &ConsentRules) -> Map<String, Value> {
    let sentence = |text: &String| if text.is_empty() { Value::Null } else { json!(text) };
    let all = [
        ("marketing", rules.marketing.as_ref().map(|rule| json!(rule.replace('-', "_")))),
        ("business_name", rules.business_name.as_ref().map(sentence)),
        ("stop_words", words(&rules.stop_words)),
        ("start_words", words(&rules.start_words)),
        ("confirm_opt_out", rules.confirm_opt_out.map(Value::from)),
        ("confirmation", rules.confirmation.as_ref().map(sentence)),
    ];
    all.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect()
}

async fn settings(rules: ConsentRules, out: Out) -> Outcome {
    let changes = changes(&rules);
    let api = view::api(&rules.server);
    let mut settings = api.get("/v1/consent-settings").await?;
    if !changes.is_empty() {
        for (field, value) in changes {
            settings[field.as_str()] = value;
        }
        settings = api.call(Method::PUT, "/v1/consent-settings", Some(settings), None).await?;
    }
    let fields = [
        ("marketing", "/marketing"),
        ("business", "/business_name"),
        ("confirms an opt-out", "/confirm_opt_out"),
        ("stop words", "/stop_words"),
        ("start words", "/start_words"),
    ];
    Ok(out.answer(&settings, || view::fields(&settings, &fields))?)
}

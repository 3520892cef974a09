//! `tidings contact …`: people, one by one and all of them.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use http::Method;
use serde_json::{Map, Value, json};

use super::consents::recipient;
use super::{Failure, Outcome, imports, view};
use crate::api::{Api, query};
use crate::cli::{Contact, Person, Server, TableFormat};
use crate::limits::EXPORT_PAGE;
use crate::output::Out;

pub async fn run(command: Contact, out: Out) -> Outcome {
    match command {
        Contact::List(list) => {
            let page =
                view::api(&list.server).get(&format!("/v1/contacts{}", view::page(&list, &[]))).await?;
            Ok(out.answer(&page, || view::list(&page, "contacts", LIST))?)
        }
        Contact::Show(Person { who, server }) => show(&who, &server, out).await,
        Contact::Set { to, name, language, time_zone, attributes, server } => {
            let mut body = json!({"to": recipient(&to), "attributes": values(&attributes)?});
            for (field, value) in [("name", name), ("language", language), ("time_zone", time_zone)] {
                if let Some(value) = value {
                    body[field] = if value.is_empty() { Value::Null } else { json!(value) };
                }
            }
            let made = view::api(&server).post("/v1/contacts", Some(body)).await?;
            Ok(out.answer(&made, || view::fields(&made, CARD))?)
        }
        Contact::Import { file, refused, server } => {
            imports::run(&file, "/v1/contact-imports", refused.as_deref(), &server, out).await
        }
        Contact::Export { person: Some(who), output, server, .. } => {
            one(&who, output.as_deref(), &server, out).await
        }
        Contact::Export { format, output, server, .. } => all(format, output.as_deref(), &server, out).await,
        Contact::Erase { who: Person { who, server }, yes } => {
            if !yes {
                let words = "erasing a person cannot be undone; say --yes if it is meant";
                return Err(Failure::Usage(words.to_owned()));
            }
            let api = view::api(&server);
            let report = api.delete(&format!("/v1/contacts/{}", id_of(&api, &who).await?)).await?;
            Ok(out.answer(&report, || erased(&report))?)
        }
        Contact::Merge { one, other, server } => {
            let api = view::api(&server);
            let (one, other) = (id_of(&api, &one).await?, id_of(&api, &other).await?);
            let path = format!("/v1/contacts/{one}/merge");
            let left = api.post(&path, Some(json!({"other": other}))).await?;
            Ok(out.answer(&left, || view::fields(&left, CARD))?)
        }
        Contact::Split { who: Person { who, server }, address } => {
            let api = view::api(&server);
            let path = format!("/v1/contacts/{}/split", id_of(&api, &who).await?);
            let new = api.post(&path, Some(json!({"to": recipient(&address)}))).await?;
            Ok(out.answer(&new, || view::fields(&new, CARD))?)
        }
        Contact::Attributes(server) => {
            let page = view::api(&server).get("/v1/contact-attributes").await?;
            let columns = [("NAME", "/name"), ("TYPE", "/type")];
            Ok(out.answer(&page, || view::list(&page, "attributes", &columns))?)
        }
        Contact::Declare { name, kind, server } => {
            let body = json!({"name": name, "type": kind});
            let made = view::api(&server).post("/v1/contact-attributes", Some(body)).await?;
            Ok(out.answer(&made, || view::fields(&made, &[("attribute", "/name"), ("type", "/type")]))?)
        }
    }
}

const LIST: &[(&str, &str)] = &[
    ("ID", "/id"),
    ("NAME", "/name"),
    ("IDENTITIES", "/identities"),
    ("LANGUAGE", "/language"),
    ("SINCE", "/created_at"),
];

const CARD: &[(&str, &str)] = &[
    ("contact", "/id"),
    ("name", "/name"),
    ("identities", "/identities"),
    ("time zone", "/time_zone"),
    ("language", "/language"),
    ("attributes", "/attributes"),
    ("since", "/created_at"),
    ("erased", "/erased_at"),
];

const HISTORY: &[(&str, &str)] = &[("AT", "/at"), ("WHAT", "/what"), ("BY", "/actor"), ("DETAIL", "/detail")];

/// The id of a contact that is named by its id or by an address.
async fn id_of(api: &Api, who: &str) -> Result<String, Failure> {
    if who.starts_with("con_") {
        return Ok(who.to_owned());
    }
    let found = api.get(&format!("/v1/contacts{}", query(&[("to", Some(who))]))).await?;
    Ok(view::text(&found, "/id"))
}

async fn show(who: &str, server: &Server, out: Out) -> Outcome {
    let api = view::api(server);
    let path = format!("/v1/contacts/{}", id_of(&api, who).await?);
    let mut card = api.get(&path).await?;
    let history = api.get(&format!("{path}/history")).await?;
    card["history"] = history["history"].clone();
    Ok(out.answer(&card, || {
        format!("{}\n{}", view::fields(&card, CARD), view::list(&card, "history", HISTORY))
    })?)
}

/// Attributes as they were written: numbers and truths as such, everything else as text.
fn values(all: &[String]) -> Result<Map<String, Value>, Failure> {
    let value = |text: &String| {
        let (name, value) =
            text.split_once('=').ok_or_else(|| Failure::Usage(format!("`{text}` is not NAME=VALUE")))?;
        let value = match serde_json::from_str::<Value>(value) {
            _ if value.is_empty() => Value::Null,
            Ok(plain @ (Value::Number(_) | Value::Bool(_) | Value::String(_))) => plain,
            _ => json!(value),
        };
        Ok((name.to_owned(), value))
    };
    all.iter().map(value).collect()
}

fn erased(report: &Value) -> String {
    let fields = [
        ("contact", "/contact"),
        ("identities gone", "/identities"),
        ("messages emptied", "/messages"),
        ("canceled", "/canceled"),
        ("inbound gone", "/inbound"),
        ("consents kept", "/consents_kept"),
    ];
    let mut words = view::fields(report, &fields);
    words.push_str("\nKept:\n");
    for each in report["kept"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        words.push_str(&crate::table::wrap(each, 2));
    }
    words
}

async fn one(who: &str, output: Option<&Path>, server: &Server, out: Out) -> Outcome {
    let api = view::api(server);
    let path = format!("/v1/contacts/{}/export", id_of(&api, who).await?);
    let document = api.call(Method::GET, &path, None, None).await?;
    let text = serde_json::to_string_pretty(&document)?;
    match output {
        None => Ok(out.answer(&document, || text)?),
        Some(file) => {
            imports::write(file, text.as_bytes())?;
            let told = json!({"contact": document["contact"], "file": file.display().to_string()});
            Ok(out.answer(&told, || format!("written to {}", file.display()))?)
        }
    }
}

/// All contacts, page by page, so that nothing grows with their number.
async fn all(format: TableFormat, output: Option<&Path>, server: &Server, out: Out) -> Outcome {
    if out.json && output.is_none() {
        let words = "with --json the table goes into a file: name it by --output";
        return Err(Failure::Usage(words.to_owned()));
    }
    let mut sink: Box<dyn Write> = match output {
        None => Box::new(std::io::stdout().lock()),
        Some(file) => Box::new(BufWriter::new(
            File::create(file)
                .map_err(|error| Failure::Usage(format!("{} cannot be written: {error}", file.display())))?,
        )),
    };
    let api = view::api(server);
    let (name, limit) = (if format == TableFormat::Csv { "csv" } else { "ndjson" }, EXPORT_PAGE.to_string());
    let bar = imports::counter("contacts", out);
    let (mut cursor, mut pages, mut bytes) = (None::<String>, 0u64, 0usize);
    loop {
        let path = query(&[("format", Some(name)), ("limit", Some(&limit)), ("cursor", cursor.as_deref())]);
        let (page, next) = api.piece(&format!("/v1/contacts/export{path}")).await?;
        bytes += page.len();
        match sink.write_all(&page) {
            // Whoever reads us has heard enough.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(()),
            other => other?,
        }
        pages += 1;
        bar.set_position(pages * EXPORT_PAGE);
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    sink.flush()?;
    bar.finish_and_clear();
    let Some(file) = output else { return Ok(()) };
    let told = json!({"file": file.display().to_string(), "format": name, "bytes": bytes});
    Ok(out.answer(&told, || format!("written to {}", file.display()))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_types() {
        let given = ["visits=7", "vip=true", "tier=gold", "since=2025-05-03", "gone=", "code=\"7\"", "a=b=c"];
        let values = values(&given.map(str::to_owned)).expect("all are pairs");
        let want = json!({"visits": 7, "vip": true, "tier": "gold", "since": "2025-05-03", "gone": null,
            "code": "7", "a": "b=c"});
        assert_eq!(Value::Object(values), want);
        assert!(super::values(&["tier".to_owned()]).is_err());
    }
}

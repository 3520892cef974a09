//! Imports that were made, and forms that ask for consent.

use serde_json::{Value, json};

use super::super::{Failure, Outcome, view};
use crate::api::query;
use crate::cli::Consent;
use crate::output::Out;

const IMPORTS: &[(&str, &str)] = &[
    ("ID", "/id"),
    ("KIND", "/kind"),
    ("STATE", "/state"),
    ("LINES", "/lines"),
    ("GOOD", "/good"),
    ("REFUSED", "/bad"),
    ("BEGUN", "/created_at"),
];

const FORMS: &[(&str, &str)] =
    &[("ID", "/id"), ("NAME", "/name"), ("VERSION", "/version"), ("CLOSED", "/closed"), ("PAGE", "/url")];

const FORM: &[(&str, &str)] =
    &[("form", "/id"), ("version", "/version"), ("page", "/url"), ("code", "/code")];

pub async fn run(command: Consent, out: Out) -> Outcome {
    match command {
        Consent::Imports(list) => {
            let page = view::api(&list.server).get(&format!("/v1/imports{}", view::page(&list, &[]))).await?;
            Ok(out.answer(&page, || view::list(&page, "imports", IMPORTS))?)
        }
        Consent::Refused(one) => {
            let table = view::api(&one.server).text(&format!("/v1/imports/{}/refused", one.id)).await?;
            Ok(out.answer(&json!({"csv": table}), || table.clone())?)
        }
        Consent::Forms(server) => {
            let page = view::api(&server).get("/v1/consent-forms").await?;
            Ok(out.answer(&page, || view::list(&page, "forms", FORMS))?)
        }
        Consent::Form { file, change, server } => {
            let text = std::fs::read_to_string(&file)
                .map_err(|error| Failure::Usage(format!("{} cannot be read: {error}", file.display())))?;
            let body: Value = serde_json::from_str(&text)
                .map_err(|error| Failure::Usage(format!("{} is no JSON: {error}", file.display())))?;
            let api = view::api(&server);
            let made = match change {
                None => api.post("/v1/consent-forms", Some(body)).await?,
                Some(id) => api.put(&format!("/v1/consent-forms/{id}"), body).await?,
            };
            Ok(out.answer(&made, || view::fields(&made, FORM))?)
        }
        Consent::CloseForm(one) => {
            view::api(&one.server).delete(&format!("/v1/consent-forms/{}", one.id)).await?;
            Ok(out.answer(&json!({"id": one.id, "closed": true}), || format!("{} is closed", one.id))?)
        }
        Consent::Qr { id, sender, server } => {
            let path = format!("/v1/consent-forms/{id}/qr{}", query(&[("sender", sender.as_deref())]));
            let picture = view::api(&server).text(&path).await?;
            Ok(out.answer(&json!({"svg": picture}), || picture.clone())?)
        }
        // The other commands are carried out by whoever calls this.
        _ => Ok(()),
    }
}

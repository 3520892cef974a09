//! Messages that may be an opt-out.

use serde_json::json;

use super::super::{Outcome, view};
use crate::cli::Consent;
use crate::output::Out;

const LIST: &[(&str, &str)] = &[
    ("ID", "/id"),
    ("FROM", "/from"),
    ("WORD", "/word"),
    ("TEXT", "/text"),
    ("AT", "/at"),
    ("STATE", "/state"),
];

const ONE: &[(&str, &str)] =
    &[("message", "/id"), ("text", "/text"), ("word", "/word"), ("it is", "/state"), ("by", "/decided_by")];

pub async fn run(command: Consent, out: Out) -> Outcome {
    match command {
        Consent::Reviews { list, state } => {
            let path = format!("/v1/opt-out-reviews{}", view::page(&list, &[("state", Some(&state))]));
            let page = view::api(&list.server).get(&path).await?;
            Ok(out.answer(&page, || view::list(&page, "reviews", LIST))?)
        }
        Consent::Confirm { id, purpose, server } => {
            let path = format!("/v1/opt-out-reviews/{id}/confirm");
            let done = view::api(&server).post(&path, Some(json!({"purpose": purpose}))).await?;
            Ok(out.answer(&done, || view::fields(&done, ONE))?)
        }
        Consent::Dismiss(one) => {
            let path = format!("/v1/opt-out-reviews/{}/dismiss", one.id);
            let done = view::api(&one.server).post(&path, None).await?;
            Ok(out.answer(&done, || view::fields(&done, ONE))?)
        }
        _ => Ok(()),
    }
}

//! `tidings pause …`: the switch for three in the morning.

use serde_json::json;

use super::{Outcome, view};
use crate::api::escaped;
use crate::cli::{Pause, Scope};
use crate::output::Out;

pub async fn run(command: Pause, out: Out) -> Outcome {
    match command {
        Pause::Set { scope, id, reason, until, server } => {
            let scope = match scope {
                Scope::Tenant => "tenant",
                Scope::Account => "account",
                Scope::Sender => "sender",
                Scope::Template => "template",
                Scope::Category => "category",
            };
            let mut body = json!({"scope": scope, "id": id, "reason": reason});
            if let Some(until) = until {
                body["until"] = json!(until);
            }
            let made = view::api(&server).post("/v1/pauses", Some(body)).await?;
            Ok(out.answer(&made, || format!("{scope} {id} is paused ({})", view::text(&made, "/id")))?)
        }
        Pause::Lift(by) => {
            view::api(&by.server).delete(&format!("/v1/pauses/{}", escaped(&by.id))).await?;
            Ok(out.answer(&json!({"id": by.id, "lifted": true}), || format!("{} is lifted", by.id))?)
        }
        Pause::List(list) => {
            let page = view::api(&list.server).get(&format!("/v1/pauses{}", view::page(&list, &[]))).await?;
            let columns = [
                ("ID", "/id"),
                ("SCOPE", "/scope"),
                ("WHICH", "/target"),
                ("UNTIL", "/until"),
                ("REASON", "/reason"),
            ];
            Ok(out.answer(&page, || view::list(&page, "pauses", &columns))?)
        }
    }
}

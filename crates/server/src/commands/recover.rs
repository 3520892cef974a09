//! `tidings recover`: what a restore holds, and the operator's decision about it.

use serde_json::json;

use super::{Outcome, view};
use crate::cli::Recover;
use crate::output::Out;

pub async fn run(args: Recover, out: Out) -> Outcome {
    let api = view::api(&args.server);
    if !args.resend && !args.unknown {
        let held = api.get("/v1/recovery").await?;
        let columns = [
            ("REGION", "/region"),
            ("CATEGORY", "/category"),
            ("MESSAGES", "/messages"),
            ("OLDEST", "/oldest"),
            ("NEWEST", "/newest"),
        ];
        return Ok(out.answer(&held, || view::list(&held, "held", &columns))?);
    }
    let mut body = json!({"decision": if args.resend { "resend" } else { "give_up" }});
    if let Some(category) = &args.category {
        body["category"] = json!(category);
    }
    if let Some(seconds) = args.older_than_s {
        body["older_than_s"] = json!(seconds);
    }
    let done = api.post("/v1/recovery", Some(body)).await?;
    Ok(out.answer(&done, || {
        let what = if args.resend { "are sent again" } else { "end as unknown" };
        format!("{} messages {what}", done["decided"])
    })?)
}

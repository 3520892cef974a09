//! `tidings console`: a one-time link, from the running server.

use serde_json::json;

use super::{Outcome, view};
use crate::cli::Server;
use crate::output::Out;

pub async fn run(server: &Server, out: Out) -> Outcome {
    let answer = view::api(server).post("/console/links", None).await?;
    let link = format!("{}{}", server.server.trim_end_matches('/'), view::text(&answer, "/path"));
    Ok(out.answer(&json!({"console": link}), || format!("{link}\nThe link works once, for a short time."))?)
}

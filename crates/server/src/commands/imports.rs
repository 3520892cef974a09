//! A table goes in: sent, then watched until its last line was read.

use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Failure, Outcome, view};
use crate::cli::Server;
use crate::output::Out;

/// Between two looks at a running import.
const LOOK: Duration = Duration::from_millis(250);

/// Imports a file by one of the ways for tables.
pub async fn run(file: &Path, way: &str, refused: Option<&Path>, server: &Server, out: Out) -> Outcome {
    let table = std::fs::read(file)
        .map_err(|error| Failure::Usage(format!("{} cannot be read: {error}", file.display())))?;
    let api = view::api(server);
    let mut report = api.send(way, "text/csv", table).await?;
    let path = format!("/v1/imports/{}", view::text(&report, "/id"));
    let bar = bar(report["lines"].as_u64().unwrap_or(0), out);
    while report["state"] != "finished" {
        tokio::time::sleep(LOOK).await;
        report = api.get(&path).await?;
        bar.set_position(report["done"].as_u64().unwrap_or(0));
    }
    bar.finish_and_clear();
    if let Some(refused) = refused {
        let table = api.text(&format!("{path}/refused")).await?;
        write(refused, table.as_bytes())?;
    }
    let fields = [("import", "/id"), ("lines", "/lines"), ("good", "/good"), ("refused", "/bad")];
    Ok(out.answer(&report, || view::fields(&report, &fields))?)
}

pub fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    std::fs::write(file, bytes)
        .map_err(|error| Failure::Usage(format!("{} cannot be written: {error}", file.display())))
}

/// Progress where somebody looks at it.
fn target(out: Out) -> ProgressDrawTarget {
    if out.json || !std::io::stderr().is_terminal() {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    }
}

fn bar(lines: u64, out: Out) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:40} {pos}/{len} lines").expect("the template is well-formed");
    ProgressBar::with_draw_target(Some(lines), target(out)).with_style(style)
}

/// Counts what has no known end.
pub fn counter(what: &str, out: Out) -> ProgressBar {
    let style = ProgressStyle::with_template(&format!("{{spinner}} {{pos}} {what}"))
        .expect("the template is well-formed");
    ProgressBar::with_draw_target(None, target(out)).with_style(style)
}

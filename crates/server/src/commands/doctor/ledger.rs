//! `tidings doctor --ledger`: whether every message in the stores keeps its promises.

use std::path::Path;
use std::sync::Arc;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use tidings_domain::clock::Clock;
use tidings_domain::id::IdSource;
use tidings_engine::report::ledger::{self, LedgerReport, Moment};
use tidings_store::Store;

use super::super::{Failure, Outcome};
use crate::clock::SystemClock;
use crate::compose;
use crate::data_dir::random_bytes;
use crate::output::Out;
use crate::table::wrap;

/// Reads beside a server that is at work; nothing is changed.
pub async fn check_ledger(file: Option<&Path>, data_dir: Option<&Path>, out: Out) -> Outcome {
    let config = super::super::read(file, data_dir)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let ids = Arc::new(IdSource::seeded(random_bytes()?));
    let mut reports = Vec::new();
    for store in compose::open_readers(&config, &clock, &ids).await? {
        let report = one(&store, clock.as_ref()).await?;
        reports.push((store.region().to_owned(), report));
    }
    let healthy = reports.iter().all(|(_, report)| report.broken_count == 0);
    let list: Vec<_> =
        reports.iter().map(|(region, report)| json!({"region": region, "ledger": report})).collect();
    out.answer(&json!({"healthy": healthy, "regions": list}), || words(&reports))?;
    if healthy { Ok(()) } else { Err(Failure::Said) }
}

async fn one(store: &Store, clock: &dyn Clock) -> anyhow::Result<LedgerReport> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template("{spinner} {prefix}: {human_pos} rows, {per_sec}")?);
    bar.set_prefix(store.region().to_owned());
    let now = clock.now();
    let served = store.audit_served(&store.system(), now).await?;
    let moment = Moment { now, served };
    let report = ledger::check(store, moment, |report| bar.set_position(report.looked_at())).await?;
    bar.finish_and_clear();
    Ok(report)
}

fn words(reports: &[(String, LedgerReport)]) -> String {
    let mut text = String::new();
    for (region, report) in reports {
        let sign = if report.broken_count == 0 { "✔" } else { "✖" };
        text.push_str(&format!(
            "{sign} {region}: {} messages, {} attempts, {} queued, {} idempotent answers; {} promises broken\n",
            report.messages, report.attempts, report.queued, report.answers, report.broken_count
        ));
        for broken in &report.broken {
            text.push_str(&wrap(&format!("{} {}: {}", broken.promise, broken.subject, broken.found), 2));
        }
        if report.broken_count > 0 {
            text.push_str(&wrap("→ tidings explain <message> shows its whole story; please report it", 2));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use tidings_domain::id::{Id as _, TenantId};

    use super::*;

    #[test]
    fn a_broken_promise_is_said_with_its_message() {
        let whole = LedgerReport { messages: 2, attempts: 3, ..LedgerReport::default() };
        let broken = ledger::Broken {
            promise: "lost",
            tenant: TenantId::from_bytes([1; 16]),
            subject: "msg_1".to_owned(),
            found: "it is queued and nothing in the queue makes it go".to_owned(),
        };
        let torn = LedgerReport { broken_count: 1, broken: vec![broken], ..whole.clone() };
        let text = words(&[("main".to_owned(), whole), ("eu".to_owned(), torn)]);
        assert!(text.starts_with("✔ main: 2 messages, 3 attempts"), "{text}");
        assert!(text.contains("✖ eu"), "{text}");
        assert!(text.contains("lost msg_1: it is queued"), "{text}");
    }
}

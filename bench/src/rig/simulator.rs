//! The simulator and its levers under `/_sim/`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

use super::process::{Process, Programs, free_address};
use crate::limits::{LEDGER_PAGE, READY_TIME, RECEIPT_BATCH, RECEIPT_WINDOW_US};
use crate::load::Target;

/// How receipts come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipts {
    Single,
    Batched,
}

pub struct Simulator {
    pub target: Target,
    process: Process,
}

/// What the simulator counted; only what matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub struct Counts {
    pub submissions: u64,
    pub accepted: u64,
    pub repeated_callback_data: u64,
    pub violations: u64,
    pub receipts: ReceiptCounts,
}

/// Receipts in webhooks that were answered 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub struct ReceiptCounts {
    pub sent: u64,
    pub delivered: u64,
    pub read: u64,
}

/// One entry of the ledger.
#[derive(Debug, Deserialize)]
pub struct Submission {
    pub at_us: i64,
    pub to: String,
}

#[derive(Deserialize)]
struct Page {
    submissions: Vec<Submission>,
    next: u64,
}

impl Simulator {
    pub async fn start(programs: &Programs, dir: &Path, receipts: Receipts, detail: bool) -> Result<Self> {
        let address = free_address()?;
        let settings = dir.join("simulator.json");
        fs::write(&settings, settings_of(receipts, detail).to_string())?;
        let (listen, settings) = (address.to_string(), settings.display().to_string());
        let mut process =
            programs.start("simulator", dir, &["sim", "--listen", &listen, "--settings", &settings], &[])?;
        let target = Target::new(address, None)?;
        process.ready(READY_TIME, async || target.answers("/_sim/counts").await).await?;
        Ok(Self { target, process })
    }

    pub fn base_url(&self) -> String {
        format!("http://{}", self.target.address)
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    pub async fn provision(&self, spec: &Value) -> Result<()> {
        self.target.post("/_sim/provision", spec).await.map(drop)
    }

    pub async fn counts(&self) -> Result<Counts> {
        let value = self.target.get("/_sim/counts").await?;
        serde_json::from_value(value).context("the simulator's counts are not understood")
    }

    /// Every submission since the start, if the ledger keeps them.
    pub async fn ledger(&self) -> Result<Vec<Submission>> {
        let (mut all, mut since) = (Vec::new(), 0);
        loop {
            let value = self.target.get(&format!("/_sim/ledger?since={since}&limit={LEDGER_PAGE}")).await?;
            let page: Page = serde_json::from_value(value).context("the ledger is not understood")?;
            if page.submissions.is_empty() {
                return Ok(all);
            }
            since = page.next;
            all.extend(page.submissions);
        }
    }
}

/// Everybody answers and reads at once, nothing fails, and every limit is enforced.
fn settings_of(receipts: Receipts, detail: bool) -> Value {
    let (max_batch, window) = match receipts {
        Receipts::Single => (1, 0),
        Receipts::Batched => (RECEIPT_BATCH, RECEIPT_WINDOW_US),
    };
    json!({
        "ledger_detail": detail,
        "webhook": {"max_batch": max_batch, "batch_window_us": window},
        "customers": {
            "sent_median_ms": 0.0, "delivery_median_ms": 0.0, "read_median_ms": 0.0, "reply_median_ms": 0.0,
            "read_share": 1.0, "skip_delivered_share": 0.0, "played_share": 0.0, "failed_share": 0.0,
            "reply_share": 0.0, "stop_share": 0.0, "block_share": 0.0,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_pages_are_read() {
        let counts = json!({"submissions": 5, "accepted": 4, "distinct_callback_data": 4, "violations": 0,
            "repeated_callback_data": 0, "receipts": {"sent": 3, "delivered": 2, "read": 1, "played": 0, "failed": 0}});
        let counts: Counts = serde_json::from_value(counts).unwrap();
        assert_eq!((counts.accepted, counts.receipts.read), (4, 1));
        let page = json!({"submissions": [{"n": 0, "at_us": 12, "to": "12125550100", "answer": "accepted"}],
            "violations": [], "next": 1});
        let page: Page = serde_json::from_value(page).unwrap();
        assert_eq!((page.next, page.submissions[0].to.as_str()), (1, "12125550100"));
    }

    #[test]
    fn how_receipts_come() {
        assert_eq!(settings_of(Receipts::Single, false)["webhook"]["max_batch"], 1);
        let batched = settings_of(Receipts::Batched, true);
        assert_eq!(batched["webhook"]["max_batch"], RECEIPT_BATCH);
        assert_eq!(batched["ledger_detail"], true);
    }
}

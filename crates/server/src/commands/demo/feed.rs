//! Intents, in batches, a few at a time.

use futures_util::stream::{self, TryStreamExt};
use serde_json::{Value, json};
use tidings_domain::clock::Clock;
use tidings_domain::time::SECOND;
use tidings_engine::intake::AcceptOptions;
use tidings_engine::{Caller, EngineError};

use super::world::TEMPLATE;
use crate::compose::Installation;
use crate::limits::{DEMO_BATCH, DEMO_BATCHES_AT_ONCE};

/// A range of numbers for simulated customers: they never leave this process.
const FIRST_CUSTOMER: u64 = 4_915_500_000_000;

/// Hands over all messages; each goes to a customer of its own.
pub async fn feed(installation: &Installation, caller: &Caller, messages: u32) -> anyhow::Result<()> {
    let starts = (0..messages).step_by(DEMO_BATCH);
    stream::iter(starts.map(Ok))
        .try_for_each_concurrent(DEMO_BATCHES_AT_ONCE, |first| {
            let count = (messages - first).min(DEMO_BATCH as u32);
            hand_over(installation, caller, first, count)
        })
        .await
}

async fn hand_over(
    installation: &Installation,
    caller: &Caller,
    first: u32,
    count: u32,
) -> anyhow::Result<()> {
    let intents: Vec<Value> = (first..first + count).map(intent).collect();
    let body = json!({"messages": intents}).to_string();
    let options = AcceptOptions { method_path: "POST /v1/messages/batch", ..AcceptOptions::default() };
    loop {
        match installation.engine.accept_batch(caller, body.as_bytes(), options).await {
            Ok(reply) => {
                let answer: Value = serde_json::from_slice(&reply.body)?;
                let rejected = answer["rejected"].as_array().map_or(0, Vec::len);
                anyhow::ensure!(rejected == 0, "intents were rejected: {}", answer["rejected"]);
                return Ok(());
            }
            Err(EngineError::TooMany { retry_after_s } | EngineError::Unavailable { retry_after_s }) => {
                installation.clock.sleep(i64::from(retry_after_s) * SECOND).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn intent(n: u32) -> Value {
    let (name, language) = TEMPLATE;
    json!({
        "to": {"phone": format!("+{}", FIRST_CUSTOMER + u64::from(n))},
        "template": {"name": name, "language": language, "variables": [format!("customer {n}"), format!("A-{n}")]},
        "reference": format!("order-{n}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidings_domain::intent::Intent;
    use tidings_domain::time::Timestamp;

    #[test]
    fn every_customer_has_a_number() {
        for n in [0, 1, 999_999, crate::limits::DEMO_MESSAGES_MAX - 1] {
            let intent = Intent::parse(intent(n).to_string().as_bytes(), Timestamp::from_secs(1_800_000_000));
            assert!(intent.is_ok(), "{n}: {:?}", intent.err());
        }
    }
}

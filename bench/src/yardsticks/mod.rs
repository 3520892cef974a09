//! What this machine can do at best, measured in the same run: before everything else, and again after it.

mod http;
mod insert_postgres;
mod insert_sqlite;
mod rows;
mod sync;

use std::path::Path;

use anyhow::Result;

use crate::limits::{Amount, YARDSTICK_ROUNDS};
use crate::postgres::Postgres;
use crate::progress::say;
use crate::statistics::median;

/// The rounds so far.
#[derive(Debug, Clone, Default)]
pub struct Yardsticks {
    raw_http: Vec<f64>,
    raw_insert: Vec<f64>,
    fsync_ms: Vec<f64>,
}

impl Yardsticks {
    pub async fn measure(&mut self, dir: &Path, postgres: Option<&Postgres>, amount: &Amount) -> Result<()> {
        for round in 1..=YARDSTICK_ROUNDS {
            let http = http::round_trips(amount.yardstick).await?;
            let insert = match postgres {
                Some(postgres) => insert_postgres::inserts(postgres, amount.yardstick).await?,
                None => {
                    let (dir, length) = (dir.to_owned(), amount.yardstick);
                    tokio::task::spawn_blocking(move || insert_sqlite::inserts(&dir, length)).await??
                }
            };
            let (dir, length) = (dir.to_owned(), amount.yardstick / 2);
            let fsync = tokio::task::spawn_blocking(move || sync::latency_ms(&dir, length)).await??;
            say(format_args!(
                "yardsticks {round}/{YARDSTICK_ROUNDS}: {http:.0} HTTP/s, {insert:.0} inserts/s, fsync {fsync:.2} ms"
            ));
            self.raw_http.push(http);
            self.raw_insert.push(insert);
            self.fsync_ms.push(fsync);
        }
        Ok(())
    }

    pub fn raw_http_per_s(&self) -> Option<f64> {
        median(&self.raw_http)
    }

    pub fn raw_insert_per_s(&self) -> Option<f64> {
        median(&self.raw_insert)
    }

    pub fn fsync_p50_ms(&self) -> Option<f64> {
        median(&self.fsync_ms)
    }
}

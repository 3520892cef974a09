//! Raw durable inserts into PostgreSQL: one connection, one statement per table and transaction.

use std::time::Duration;

use anyhow::Result;

use super::rows::{ACCOUNT, Row, TENANT, row};
use crate::clock;
use crate::limits::RAW_INSERT_ROWS;
use crate::postgres::{Postgres, Session};

const SCHEMA: &str = "
CREATE TABLE messages (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, account_id BYTEA NOT NULL, sender_id BYTEA NOT NULL,
  channel BIGINT NOT NULL, category BIGINT NOT NULL, recipient BYTEA NOT NULL, country TEXT, template TEXT,
  language TEXT, created_at BIGINT NOT NULL, due_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  ordered BIGINT NOT NULL, free_form BIGINT NOT NULL, trace BYTEA NOT NULL, trace_given BIGINT NOT NULL,
  reference BYTEA, terminal BIGINT NOT NULL DEFAULT 0, reason TEXT, sealed BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE TABLE due (
  sender_id BYTEA NOT NULL, category BIGINT NOT NULL, due_at BIGINT NOT NULL, message_id BYTEA NOT NULL,
  tenant_id BYTEA NOT NULL, account_id BYTEA NOT NULL, attempt BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  recipient BYTEA NOT NULL, country TEXT, ordered BIGINT NOT NULL, free_form BIGINT NOT NULL, template TEXT,
  language TEXT, trace BYTEA NOT NULL,
  PRIMARY KEY (sender_id, category, due_at, message_id)
);
";
const MESSAGES: &str = "INSERT INTO messages \
    SELECT $1, id, $2, sender, 0, 1, recipient, 'US', 'order_update', 'en_US', at, at, at, 0, 0, id, 0, NULL, 0, NULL, \
    sealed \
    FROM UNNEST($3::bytea[], $4::bytea[], $5::bytea[], $6::bigint[], $7::bytea[]) AS r (id, sender, recipient, at, sealed)";
const DUE: &str = "INSERT INTO due \
    SELECT sender, 1, at, id, $1, $2, 1, at, recipient, 'US', 0, 0, 'order_update', 'en_US', id \
    FROM UNNEST($3::bytea[], $4::bytea[], $5::bytea[], $6::bigint[]) AS r (id, sender, recipient, at)";

/// Messages per second, in a database that is made for it and dropped.
pub async fn inserts(postgres: &Postgres, length: Duration) -> Result<f64> {
    let database = postgres.create("raw").await?;
    let rate = run(&database.url, length).await;
    database.remove().await?;
    rate
}

async fn run(url: &str, length: Duration) -> Result<f64> {
    let mut session = Session::open(url).await?;
    session.client.batch_execute(SCHEMA).await?;
    let message = session.client.prepare(MESSAGES).await?;
    let due = session.client.prepare(DUE).await?;
    let begin = clock::now();
    let mut n = 0;
    while begin.elapsed() < length {
        let rows: Vec<Row> = (n..n + RAW_INSERT_ROWS as u64).map(row).collect();
        let ids: Vec<&[u8]> = rows.iter().map(|row| &row.id[..]).collect();
        let senders: Vec<&[u8]> = rows.iter().map(|row| &row.sender[..]).collect();
        let recipients: Vec<&[u8]> = rows.iter().map(|row| &row.recipient[..]).collect();
        let times: Vec<i64> = rows.iter().map(|row| row.created_at).collect();
        let sealed: Vec<&[u8]> = rows.iter().map(|row| &row.sealed[..]).collect();
        let (tenant, account) = (&TENANT[..], &ACCOUNT[..]);
        let transaction = session.client.transaction().await?;
        transaction
            .execute(&message, &[&tenant, &account, &ids, &senders, &recipients, &times, &sealed])
            .await?;
        transaction.execute(&due, &[&tenant, &account, &ids, &senders, &recipients, &times]).await?;
        transaction.commit().await?;
        n += RAW_INSERT_ROWS as u64;
    }
    Ok(clock::rate(n, begin))
}

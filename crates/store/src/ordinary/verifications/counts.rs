//! How often: pieces of five minutes for the last day, days for the last month.

use tidings_domain::id::TenantId;
use tidings_domain::time::{DAY, HOUR, Timestamp};
use tidings_domain::verification::{BUCKET_US, History, Scope, Tally};

use crate::conn::{Conn, Val, vals};
use crate::error::Result;
use crate::limits::{PRUNE_ROWS_MAX, VERIFICATION_MONTH_US, VERIFICATIONS_KEPT_US};
use crate::model::{CountedKey, Hash16};
use crate::scope::SystemScope;
use crate::store::Store;

/// What is counted of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Started,
    Approved,
    Refused,
}

impl What {
    fn one(self, of: Self) -> i64 {
        i64::from(self == of)
    }
}

fn piece(at: Timestamp, span_us: i64) -> Timestamp {
    Timestamp::from_micros(at.micros().div_euclid(span_us) * span_us)
}

/// Counts one more under every key.
pub(super) async fn add(
    conn: &Conn,
    tenant: &TenantId,
    keys: &[CountedKey],
    what: What,
    at: Timestamp,
) -> Result<()> {
    let sent_at = (what == What::Started).then_some(at);
    let [started, approved, refused] =
        [What::Started, What::Approved, What::Refused].map(|each| what.one(each));
    for key in keys {
        for (day, from) in [(0_i64, piece(at, BUCKET_US)), (1, piece(at, DAY))] {
            let sql =
                "INSERT INTO verification_counts (tenant_id, scope, key, day, at, started, approved, refused,
                last_sent_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                ON CONFLICT (tenant_id, scope, key, day, at) DO UPDATE SET
                started = verification_counts.started + excluded.started,
                approved = verification_counts.approved + excluded.approved,
                refused = verification_counts.refused + excluded.refused,
                last_sent_at = COALESCE(excluded.last_sent_at, verification_counts.last_sent_at)";
            let scope = key.scope.code();
            conn.execute(sql, vals![tenant, scope, &key.key, day, from, started, approved, refused, sent_at])
                .await?;
        }
    }
    Ok(())
}

pub(super) async fn histories(
    conn: &Conn,
    tenant: &TenantId,
    keys: &[CountedKey],
    now: Timestamp,
) -> Result<Vec<(Scope, History)>> {
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        found.push((key.scope, history(conn, tenant, key, now).await?));
    }
    Ok(found)
}

async fn history(conn: &Conn, tenant: &TenantId, key: &CountedKey, now: Timestamp) -> Result<History> {
    let sql = "SELECT day, at, started, approved, refused, last_sent_at FROM verification_counts
        WHERE tenant_id = $1 AND scope = $2 AND key = $3
        AND ((day = 0 AND at > $4) OR (day = 1 AND at >= $5 AND at < $6)) ORDER BY at";
    let (yesterday, today) = (now.plus(-DAY - BUCKET_US), piece(now, DAY));
    let params =
        vals![tenant, key.scope.code(), &key.key, yesterday, today.plus(-VERIFICATION_MONTH_US), today];
    let mut history = History::default();
    for row in conn.query(sql, params).await? {
        let tally = Tally { started: row.get(2)?, approved: row.get(3)?, refused: row.get(4)? };
        if row.get::<i64>(0)? == 0 {
            history.recent.push((row.get(1)?, tally));
            history.last_sent_at = history.last_sent_at.max(row.get(5)?);
        } else {
            history.month = history.month.plus(tally);
        }
    }
    Ok(history)
}

/// How many of these numbers were sent a code within the hour.
pub(super) async fn lately(conn: &Conn, tenant: &TenantId, phones: &[Hash16], now: Timestamp) -> Result<u32> {
    let mut found = 0;
    for phone in phones {
        let sql =
            "SELECT 1 FROM verification_counts WHERE tenant_id = $1 AND scope = $2 AND key = $3 AND day = 0
            AND at > $4 AND started > 0 LIMIT 1";
        let params = vals![tenant, Scope::Phone.code(), phone, now.plus(-HOUR)];
        found += u32::from(conn.query_opt(sql, params).await?.is_some());
    }
    Ok(found)
}

/// Whether nobody was told about this key within the hour; from now on somebody was.
pub(super) async fn mark_alerted(
    conn: &Conn,
    tenant: &TenantId,
    key: &CountedKey,
    now: Timestamp,
) -> Result<bool> {
    let scope = key.scope.code();
    let told =
        "SELECT 1 FROM verification_counts WHERE tenant_id = $1 AND scope = $2 AND key = $3 AND day = 0
        AND alerted_at > $4 LIMIT 1";
    if conn.query_opt(told, vals![tenant, scope, &key.key, now.plus(-HOUR)]).await?.is_some() {
        return Ok(false);
    }
    let mark = "INSERT INTO verification_counts (tenant_id, scope, key, day, at, started, approved, refused, alerted_at)
        VALUES ($1, $2, $3, 0, $4, 0, 0, 0, $5)
        ON CONFLICT (tenant_id, scope, key, day, at) DO UPDATE SET alerted_at = excluded.alerted_at";
    conn.execute(mark, vals![tenant, scope, &key.key, piece(now, BUCKET_US), now]).await?;
    Ok(true)
}

impl Store {
    /// Forgets verifications and counts that have had their time; how many rows they were.
    pub async fn prune_verifications(&self, _system: &SystemScope, now: Timestamp) -> Result<u64> {
        self.write(move |conn| {
            Box::pin(async move {
                let old = "DELETE FROM verifications WHERE (tenant_id, id) IN
                    (SELECT tenant_id, id FROM verifications WHERE created_at < $1 LIMIT $2)";
                let limit = Val::Int(PRUNE_ROWS_MAX);
                let mut rows = conn.execute(old, &[now.plus(-VERIFICATIONS_KEPT_US).into(), limit]).await?;
                let counts = "DELETE FROM verification_counts WHERE (tenant_id, scope, key, day, at) IN
                    (SELECT tenant_id, scope, key, day, at FROM verification_counts
                     WHERE day = $1 AND at < $2 LIMIT $3)";
                for (day, kept_us) in [(0_i64, DAY + BUCKET_US), (1, VERIFICATION_MONTH_US + DAY)] {
                    rows += conn.execute(counts, vals![day, now.plus(-kept_us), PRUNE_ROWS_MAX]).await?;
                }
                Ok(rows)
            })
        })
        .await
    }
}

//! How full things stand, for the people on call: what waits, since when, what needs attention. Every count stops
//! at a bound, so that looking costs the same however much waits.

use std::collections::BTreeMap;

use tidings_domain::category::Category;
use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, vals};
use crate::error::{Result, StoreError};
use crate::limits::{LEVEL_LANES_MAX, LEVEL_ROWS_MAX};
use crate::model::AttentionKind;
use crate::scope::SystemScope;
use crate::store::Store;

/// Counts up to [`LEVEL_ROWS_MAX`] rows of each table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Levels {
    /// Entries that wait, by [`Category::code`].
    pub queued: [u64; 4],
    /// When the earliest entry is or was due, by [`Category::code`].
    pub earliest: [Option<Timestamp>; 4],
    /// Senders with anything queued.
    pub lanes: u64,
    /// Entries of the lane that has most.
    pub deepest_lane: u64,
    /// More waits than was counted.
    pub capped: bool,
    pub attention: BTreeMap<AttentionKind, u64>,
    /// Attempts whose outcome is unknown, and those that are being submitted.
    pub open_doubts: u64,
    pub open_claims: u64,
}

/// Jumps from lane to lane over the key of `due`.
const EARLIEST: &str = "WITH RECURSIVE lanes (s, n) AS (
    SELECT (SELECT sender_id FROM due ORDER BY sender_id LIMIT 1), 1
    UNION ALL
    SELECT (SELECT d.sender_id FROM due d WHERE d.sender_id > l.s ORDER BY d.sender_id LIMIT 1), l.n + 1
    FROM lanes l WHERE l.s IS NOT NULL AND l.n < $1),
  first (d0, d1, d2, d3) AS (SELECT
    (SELECT due_at FROM due d WHERE d.sender_id = s AND category = 0 ORDER BY due_at LIMIT 1),
    (SELECT due_at FROM due d WHERE d.sender_id = s AND category = 1 ORDER BY due_at LIMIT 1),
    (SELECT due_at FROM due d WHERE d.sender_id = s AND category = 2 ORDER BY due_at LIMIT 1),
    (SELECT due_at FROM due d WHERE d.sender_id = s AND category = 3 ORDER BY due_at LIMIT 1)
    FROM lanes WHERE s IS NOT NULL)
  SELECT MIN(d0), MIN(d1), MIN(d2), MIN(d3) FROM first";

impl Store {
    pub async fn levels(&self, _system: &SystemScope) -> Result<Levels> {
        self.read(|conn| {
            Box::pin(async move {
                let mut levels = Levels::default();
                queues(conn, &mut levels).await?;
                attention(conn, &mut levels).await?;
                open(conn, &mut levels).await?;
                Ok(levels)
            })
        })
        .await
    }
}

async fn queues(conn: &Conn, levels: &mut Levels) -> Result<()> {
    let sql = "SELECT sender_id, category, COUNT(*) FROM (SELECT sender_id, category FROM due LIMIT $1) d
        GROUP BY sender_id, category";
    let mut lanes: BTreeMap<SenderId, u64> = BTreeMap::new();
    for row in conn.query(sql, vals![LEVEL_ROWS_MAX]).await? {
        let category: Category = row.get(1)?;
        let waiting: u64 = row.get(2)?;
        levels.queued[usize::from(category.priority())] += waiting;
        *lanes.entry(row.id(0)?).or_default() += waiting;
    }
    levels.lanes = lanes.len() as u64;
    levels.deepest_lane = lanes.into_values().max().unwrap_or(0);
    levels.capped = levels.queued.iter().sum::<u64>() >= LEVEL_ROWS_MAX.unsigned_abs();
    if let Some(row) = conn.query_opt(EARLIEST, vals![LEVEL_LANES_MAX]).await? {
        for category in Category::ALL {
            let place = usize::from(category.priority());
            levels.earliest[place] = row.get(place)?;
        }
    }
    Ok(())
}

async fn attention(conn: &Conn, levels: &mut Levels) -> Result<()> {
    let sql = "SELECT kind, COUNT(*) FROM (SELECT kind FROM attention LIMIT $1) a GROUP BY kind";
    for row in conn.query(sql, vals![LEVEL_ROWS_MAX]).await? {
        let kind = AttentionKind::from_code(row.get(0)?);
        let kind = kind.ok_or(StoreError::Corrupt("an unknown kind of attention"))?;
        levels.attention.insert(kind, row.get(1)?);
    }
    Ok(())
}

/// `state <= 1` is the condition of the partial index.
async fn open(conn: &Conn, levels: &mut Levels) -> Result<()> {
    let sql =
        "SELECT state, COUNT(*) FROM (SELECT state FROM attempts WHERE state <= 1 LIMIT $1) a GROUP BY state";
    for row in conn.query(sql, vals![LEVEL_ROWS_MAX]).await? {
        let (state, count): (i64, u64) = (row.get(0)?, row.get(1)?);
        if state == 0 {
            levels.open_claims = count;
        } else {
            levels.open_doubts = count;
        }
    }
    Ok(())
}

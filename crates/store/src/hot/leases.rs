//! Leases: who decides, and under which epoch; and by name, who does what only one node should do.

use std::collections::BTreeMap;

use tidings_domain::time::Timestamp;

use crate::conn::{Batch, Bulk, Conn, cells, vals};
use crate::error::Result;
use crate::model::Epoch;
use crate::scope::SystemScope;
use crate::store::Store;

/// The share lock stands only against taking a slot, not against renewing it: renewals and claims do not wait
/// for each other. Everybody locks in the order of the slots.
const CURRENT: Bulk = Bulk {
    sqlite: "SELECT epoch FROM slots WHERE slot = ?1",
    postgres: "SELECT k.ord, s.epoch FROM UNNEST($1::bigint[]) WITH ORDINALITY AS k (slot, ord)
        JOIN slots s ON s.slot = k.slot ORDER BY s.slot FOR KEY SHARE OF s",
};

/// Whether decisions under these epochs still count. On PostgreSQL none of the slots can change hands before
/// the transaction that asked has ended.
pub(super) async fn are_current(
    conn: &Conn,
    epochs: impl Iterator<Item = Epoch> + Clone,
) -> Result<Vec<bool>> {
    let mut found: BTreeMap<u8, i64> = epochs.clone().map(|epoch| (epoch.slot, 0)).collect();
    let mut keys = Batch::new(1, found.len());
    for slot in found.keys() {
        keys.push(cells![*slot]);
    }
    let rows = conn.lookup(&CURRENT, &keys).await?;
    drop(keys);
    let slots: Vec<u8> = found.keys().copied().collect();
    for (index, row) in rows {
        found.insert(slots[index], row.get(0)?);
    }
    Ok(epochs.map(|epoch| found.get(&epoch.slot) == Some(&epoch.number)).collect())
}

/// Database time on PostgreSQL, where several nodes compete; the caller's clock on SQLite, where one does.
pub(crate) async fn time(conn: &Conn, now: Timestamp) -> Result<Timestamp> {
    if !conn.is_postgres() {
        return Ok(now);
    }
    let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)";
    conn.query_opt(sql, &[]).await?.map_or(Ok(now), |row| row.get(0))
}

impl Store {
    /// Takes a lease that is free, expired or ours; each taking has a new epoch. `None`: somebody holds it.
    pub async fn acquire_lease(
        &self,
        _system: &SystemScope,
        name: &str,
        owner: &str,
        ttl_us: i64,
        now: Timestamp,
    ) -> Result<Option<(i64, Timestamp)>> {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        self.write(move |conn| {
            Box::pin(async move {
                let now = time(conn, now).await?;
                let sql = "INSERT INTO leases (name, owner, epoch, expires_at) VALUES ($1, $2, 1, $3)
                    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at,
                    epoch = leases.epoch + 1
                    WHERE leases.owner = excluded.owner OR leases.expires_at <= $4
                    RETURNING epoch, expires_at";
                let row = conn.query_opt(sql, vals![&name, &owner, now.plus(ttl_us), now]).await?;
                row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
            })
        })
        .await
    }

    /// Extends a lease that is still held under this epoch. `None`: it was lost.
    pub async fn renew_lease(
        &self,
        _system: &SystemScope,
        name: &str,
        owner: &str,
        epoch: i64,
        ttl_us: i64,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        self.write(move |conn| {
            Box::pin(async move {
                let now = time(conn, now).await?;
                let sql = "UPDATE leases SET expires_at = $4
                    WHERE name = $1 AND owner = $2 AND epoch = $3 AND expires_at > $5 RETURNING expires_at";
                let row = conn.query_opt(sql, vals![&name, &owner, epoch, now.plus(ttl_us), now]).await?;
                row.map(|row| row.get(0)).transpose()
            })
        })
        .await
    }

    /// Gives a lease back, so that another may take it at once.
    pub async fn release_lease(
        &self,
        _system: &SystemScope,
        name: &str,
        owner: &str,
        epoch: i64,
    ) -> Result<()> {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE leases SET expires_at = 0 WHERE name = $1 AND owner = $2 AND epoch = $3";
                conn.execute(sql, vals![&name, &owner, epoch]).await.map(|_| ())
            })
        })
        .await
    }
}

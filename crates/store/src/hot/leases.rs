//! Leases: who decides, and under which epoch.

use tidings_domain::time::Timestamp;

use crate::conn::{Conn, vals};
use crate::error::Result;
use crate::model::{DISPATCH_LEASE, Epoch};
use crate::scope::SystemScope;
use crate::store::Store;

/// Whether decisions under this epoch still count. On PostgreSQL the lease cannot change hands before the
/// transaction that asked has ended.
pub(super) async fn epoch_is_current(conn: &Conn, epoch: Epoch) -> Result<bool> {
    let sql = if conn.is_postgres() {
        "SELECT epoch FROM leases WHERE name = $1 FOR SHARE"
    } else {
        "SELECT epoch FROM leases WHERE name = $1"
    };
    let row = conn.query_opt(sql, vals![DISPATCH_LEASE]).await?;
    Ok(row.map(|row| row.get::<i64>(0)).transpose()? == Some(epoch.0))
}

/// Database time on PostgreSQL, where several nodes compete; the caller's clock on SQLite, where one does.
async fn time(conn: &Conn, now: Timestamp) -> Result<Timestamp> {
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
    ) -> Result<Option<(Epoch, Timestamp)>> {
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
                row.map(|row| Ok((Epoch(row.get(0)?), row.get(1)?))).transpose()
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
        epoch: Epoch,
        ttl_us: i64,
        now: Timestamp,
    ) -> Result<Option<Timestamp>> {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        self.write(move |conn| {
            Box::pin(async move {
                let now = time(conn, now).await?;
                let sql = "UPDATE leases SET expires_at = $4
                    WHERE name = $1 AND owner = $2 AND epoch = $3 AND expires_at > $5 RETURNING expires_at";
                let row = conn.query_opt(sql, vals![&name, &owner, epoch.0, now.plus(ttl_us), now]).await?;
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
        epoch: Epoch,
    ) -> Result<()> {
        let (name, owner) = (name.to_owned(), owner.to_owned());
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE leases SET expires_at = 0 WHERE name = $1 AND owner = $2 AND epoch = $3";
                conn.execute(sql, vals![&name, &owner, epoch.0]).await.map(|_| ())
            })
        })
        .await
    }
}

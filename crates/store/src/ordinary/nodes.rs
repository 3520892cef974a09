//! The registry of nodes and the leases on slots. Times are the store's own: on PostgreSQL several machines
//! compete, and their clocks differ.

use tidings_domain::time::Timestamp;

use crate::conn::{Conn, Row, Val, vals};
use crate::error::Result;
use crate::hot::leases::time;
use crate::limits::EPOCHS_PER_TIMELINE;
use crate::model::{Beat, Epoch, Heard, Node, Slot, SlotSet};
use crate::scope::SystemScope;
use crate::store::Store;

impl Store {
    /// A sign of life: renews every slot that the node still holds, and shows the others and theirs. A lease that
    /// ran out while nobody took the slot goes on under its epoch: its owner never stopped being the only one, and a
    /// step of the clock must not make it forget what it knows of the lanes.
    pub async fn beat(&self, _system: &SystemScope, beat: &Beat, now: Timestamp) -> Result<Heard> {
        let beat = beat.clone();
        self.write(move |conn| {
            Box::pin(async move {
                let now = time(conn, now).await?;
                if !register(conn, &beat, now).await? {
                    return Ok(Heard { now, replaced: true, ..Heard::default() });
                }
                let renew = "UPDATE slots SET expires_at = $2 WHERE owner = $1 RETURNING slot, epoch";
                let renewed = conn.query(renew, vals![&beat.id, now.plus(beat.ttl_us)]).await?;
                let held = renewed.iter().map(epoch).collect::<Result<_>>()?;
                let (nodes, slots) = (nodes(conn).await?, slots(conn).await?);
                Ok(Heard { now, replaced: false, held, nodes, slots })
            })
        })
        .await
    }

    /// Takes those of the slots that nobody holds; each taking has a new epoch, greater than any before, also on a
    /// server that was promoted without the last of them.
    pub async fn take_slots(
        &self,
        _system: &SystemScope,
        node: &str,
        wanted: SlotSet,
        ttl_us: i64,
        now: Timestamp,
    ) -> Result<Vec<Epoch>> {
        let node = node.to_owned();
        self.write(move |conn| {
            Box::pin(async move {
                let now = time(conn, now).await?;
                let (mut taken, floor) = (Vec::new(), epoch_floor(conn).await?);
                for slot in free(conn, wanted, now).await? {
                    let sql = "UPDATE slots SET owner = $2, expires_at = $3,
                        epoch = CASE WHEN epoch >= $4 THEN epoch + 1 ELSE $4 END
                        WHERE slot = $1 RETURNING slot, epoch";
                    let row = conn.query_opt(sql, vals![slot, &node, now.plus(ttl_us), floor]).await?;
                    taken.extend(row.as_ref().map(epoch).transpose()?);
                }
                Ok(taken)
            })
        })
        .await
    }

    /// Gives slots back, so that another node may take them at once.
    pub async fn release_slots(&self, _system: &SystemScope, node: &str, epochs: Vec<Epoch>) -> Result<()> {
        let node = node.to_owned();
        self.write(move |conn| {
            Box::pin(async move {
                for epoch in epochs {
                    let sql = "UPDATE slots SET owner = '', expires_at = 0
                        WHERE slot = $1 AND owner = $2 AND epoch = $3";
                    conn.execute(sql, vals![epoch.slot, &node, epoch.number]).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// The node goes: its slots are free and its row is gone.
    pub async fn leave(&self, _system: &SystemScope, node: &str, incarnation: i64) -> Result<()> {
        let node = node.to_owned();
        self.write(move |conn| {
            Box::pin(async move {
                let gone = "DELETE FROM nodes WHERE id = $1 AND incarnation = $2";
                if conn.execute(gone, vals![&node, incarnation]).await? == 1 {
                    let free = "UPDATE slots SET owner = '', expires_at = 0 WHERE owner = $1";
                    conn.execute(free, vals![&node]).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// Every node that has not left, every slot, and the time by which they are meant.
    pub async fn nodes(
        &self,
        _system: &SystemScope,
        now: Timestamp,
    ) -> Result<(Vec<Node>, Vec<Slot>, Timestamp)> {
        self.read(move |conn| {
            Box::pin(async move { Ok((nodes(conn).await?, slots(conn).await?, time(conn, now).await?)) })
        })
        .await
    }

    /// Forgets nodes that ended without a word so long ago.
    pub async fn prune_nodes(
        &self,
        _system: &SystemScope,
        older_than_us: i64,
        now: Timestamp,
    ) -> Result<u64> {
        self.write(move |conn| {
            Box::pin(async move {
                let before = time(conn, now).await?.plus(-older_than_us);
                conn.execute("DELETE FROM nodes WHERE heartbeat_at < $1", vals![before]).await
            })
        })
        .await
    }
}

/// Writes the node's row; `false`: a later process has it.
async fn register(conn: &Conn, beat: &Beat, now: Timestamp) -> Result<bool> {
    let alive = "UPDATE nodes SET heartbeat_at = $3 WHERE id = $1 AND incarnation = $2";
    if !beat.first {
        if conn.execute(alive, vals![&beat.id, beat.incarnation, now]).await? == 1 {
            return Ok(true);
        }
        let known = conn.query_opt("SELECT 1 FROM nodes WHERE id = $1", vals![&beat.id]).await?;
        if known.is_some() {
            return Ok(false);
        }
    }
    let sql = "INSERT INTO nodes (id, name, incarnation, roles, version, address, started_at, heartbeat_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, incarnation = excluded.incarnation,
        roles = excluded.roles, version = excluded.version, address = excluded.address,
        started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at";
    let Beat { id, name, incarnation, roles, version, address, started_at, .. } = beat;
    conn.execute(sql, vals![id, name, *incarnation, roles, version, address, *started_at, now]).await?;
    if beat.first {
        let free = "UPDATE slots SET owner = '', expires_at = 0 WHERE owner = $1";
        conn.execute(free, vals![id]).await?;
    }
    Ok(true)
}

/// Free slots among those wanted. On PostgreSQL the lock waits for nobody, but stands against the claims of
/// an owner before us that are still being committed: those slots are for the next time.
async fn free(conn: &Conn, wanted: SlotSet, now: Timestamp) -> Result<Vec<u8>> {
    let lock = if conn.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "SELECT slot FROM slots WHERE expires_at <= $1 AND (CAST($2 AS BIGINT) >> CAST(slot AS INTEGER)) & 1 = 1
         ORDER BY slot {lock}"
    );
    let bits = Val::Int(wanted.bits());
    conn.query(&sql, &[Val::from(now), bits]).await?.iter().map(|row| row.get(0)).collect()
}

/// Each promotion of a PostgreSQL server begins a new timeline of its log, and what the old primary had not shipped is
/// lost, epochs that it gave away among it. So each timeline has epochs of its own, above those of all before.
async fn epoch_floor(conn: &Conn) -> Result<i64> {
    if !conn.is_postgres() {
        return Ok(0);
    }
    let sql =
        "SELECT CAST(CAST('x' || SUBSTR(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS BIT(32)) AS BIGINT)";
    let timeline: i64 = conn.query_opt(sql, &[]).await?.map_or(Ok(1), |row| row.get(0))?;
    Ok((timeline - 1) * EPOCHS_PER_TIMELINE)
}

fn epoch(row: &Row) -> Result<Epoch> {
    Ok(Epoch { slot: row.get(0)?, number: row.get(1)? })
}

async fn nodes(conn: &Conn) -> Result<Vec<Node>> {
    let sql =
        "SELECT id, name, roles, version, address, started_at, heartbeat_at FROM nodes ORDER BY name, id";
    let read = |row: &Row| {
        Ok(Node {
            id: row.get(0)?,
            name: row.get(1)?,
            roles: row.get(2)?,
            version: row.get(3)?,
            address: row.get(4)?,
            started_at: row.get(5)?,
            heartbeat_at: row.get(6)?,
        })
    };
    conn.query(sql, &[]).await?.iter().map(read).collect()
}

async fn slots(conn: &Conn) -> Result<Vec<Slot>> {
    let sql = "SELECT slot, owner, epoch, expires_at, tenants FROM slots ORDER BY slot";
    let read = |row: &Row| {
        Ok(Slot {
            slot: row.get(0)?,
            owner: row.get(1)?,
            epoch: row.get(2)?,
            expires_at: row.get(3)?,
            tenants: row.get(4)?,
        })
    };
    conn.query(sql, &[]).await?.iter().map(read).collect()
}

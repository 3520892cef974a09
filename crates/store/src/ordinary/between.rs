//! What nodes tell one another through the store: signals of providers for the owner of a lane, lanes as
//! their owners show them, and hints that there is work.

use tokio::sync::mpsc;

use tidings_domain::id::SenderId;
use tidings_domain::time::Timestamp;

use crate::conn::{Batch, Bulk, Row, Val, cells, vals};
use crate::error::Result;
use crate::model::{LaneSignal, ShownLane, SlotSet};
use crate::scope::SystemScope;
use crate::store::Store;

const SIGNAL: Bulk = Bulk {
    sqlite: "INSERT INTO signals (sender_id, code, slot, at) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (sender_id, code) DO UPDATE SET at = excluded.at",
    postgres: "INSERT INTO signals (sender_id, code, slot, at)
        SELECT * FROM UNNEST($1::bytea[], $2::bigint[], $3::bigint[], $4::bigint[])
        ON CONFLICT (sender_id, code) DO UPDATE SET at = excluded.at",
};

const SHOW: Bulk = Bulk {
    sqlite: "INSERT INTO lane_views (sender_id, node, at, view) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT (sender_id) DO UPDATE SET node = excluded.node, at = excluded.at, view = excluded.view",
    postgres: "INSERT INTO lane_views (sender_id, node, at, view)
        SELECT * FROM UNNEST($1::bytea[], $2::text[], $3::bigint[], $4::text[])
        ON CONFLICT (sender_id) DO UPDATE SET node = excluded.node, at = excluded.at, view = excluded.view",
};

const HIDE: Bulk = Bulk {
    sqlite: "DELETE FROM lane_views WHERE sender_id = ?1 AND node = ?2",
    postgres: "DELETE FROM lane_views v USING UNNEST($1::bytea[], $2::text[]) AS k (sender_id, node)
        WHERE v.sender_id = k.sender_id AND v.node = k.node",
};

impl Store {
    /// Leaves signals for whoever owns the lanes. The same code about the same sender stands once, and every
    /// writer writes in one order, so that two of them cannot wait for each other.
    pub async fn post_signals(&self, _system: &SystemScope, mut signals: Vec<LaneSignal>) -> Result<()> {
        signals.sort_unstable_by_key(|signal| (signal.sender, signal.code));
        signals.dedup_by_key(|signal| (signal.sender, signal.code));
        self.write(move |conn| {
            Box::pin(async move {
                let mut batch = Batch::new(4, signals.len());
                for signal in &signals {
                    batch.push(cells![&signal.sender, signal.code, signal.slot, signal.at]);
                }
                conn.bulk(&SIGNAL, &batch).await.map(|_| ())
            })
        })
        .await
    }

    /// Takes the signals about these slots out of the store.
    pub async fn take_signals(&self, _system: &SystemScope, slots: SlotSet) -> Result<Vec<LaneSignal>> {
        let waiting = self
            .read(|conn| Box::pin(async move { conn.query_opt("SELECT 1 FROM signals LIMIT 1", &[]).await }))
            .await?;
        if waiting.is_none() {
            return Ok(Vec::new());
        }
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "DELETE FROM signals WHERE (CAST($1 AS BIGINT) >> CAST(slot AS INTEGER)) & 1 = 1
                    RETURNING slot, sender_id, code, at";
                let rows = conn.query(sql, &[Val::Int(slots.bits())]).await?;
                let read = |row: &Row| {
                    Ok(LaneSignal {
                        slot: row.get(0)?,
                        sender: row.id(1)?,
                        code: row.get(2)?,
                        at: row.get(3)?,
                    })
                };
                rows.iter().map(read).collect()
            })
        })
        .await
    }

    /// Shows lanes as they are now, and takes away those without work.
    pub async fn show_lanes(
        &self,
        _system: &SystemScope,
        node: &str,
        mut shown: Vec<(SenderId, String)>,
        mut hidden: Vec<SenderId>,
        at: Timestamp,
    ) -> Result<()> {
        let node = node.to_owned();
        shown.sort_unstable_by_key(|(sender, _)| *sender);
        hidden.sort_unstable();
        self.write(move |conn| {
            Box::pin(async move {
                let mut batch = Batch::new(4, shown.len());
                for (sender, view) in &shown {
                    batch.push(cells![sender, &node, at, view]);
                }
                conn.bulk(&SHOW, &batch).await?;
                let mut batch = Batch::new(2, hidden.len());
                for sender in &hidden {
                    batch.push(cells![sender, &node]);
                }
                conn.bulk(&HIDE, &batch).await.map(|_| ())
            })
        })
        .await
    }

    pub async fn shown_lane(&self, _system: &SystemScope, sender: SenderId) -> Result<Option<ShownLane>> {
        self.read(move |conn| {
            Box::pin(async move {
                let sql = "SELECT sender_id, node, at, view FROM lane_views WHERE sender_id = $1";
                conn.query_opt(sql, vals![&sender]).await?.as_ref().map(shown).transpose()
            })
        })
        .await
    }

    pub async fn shown_lanes(&self, _system: &SystemScope, limit: usize) -> Result<Vec<ShownLane>> {
        self.read(move |conn| {
            Box::pin(async move {
                let sql =
                    "SELECT sender_id, node, at, view FROM lane_views ORDER BY node, sender_id LIMIT $1";
                conn.query(sql, vals![limit as i64]).await?.iter().map(shown).collect()
            })
        })
        .await
    }

    /// Tells the other nodes something at once, if they listen; nothing depends on it. A commit with a
    /// notification takes a lock of the whole server, so this is a statement of its own and rare.
    pub async fn hint(&self, _system: &SystemScope, words: &str) -> Result<()> {
        let words = words.to_owned();
        self.read(move |conn| {
            Box::pin(async move {
                if conn.is_postgres() {
                    let sql = "SELECT CAST(pg_notify('tidings', $1) AS TEXT)";
                    conn.query(sql, vals![&words]).await?;
                }
                Ok(())
            })
        })
        .await
    }

    /// What other nodes hint at. The channel closes when the connection breaks; `None`: this store has one
    /// process and no others to hear.
    pub async fn hints(&self, _system: &SystemScope) -> Result<Option<mpsc::Receiver<String>>> {
        self.executor().listen().await
    }
}

fn shown(row: &Row) -> Result<ShownLane> {
    Ok(ShownLane { sender: row.id(0)?, node: row.get(1)?, at: row.get(2)?, view: row.get(3)? })
}

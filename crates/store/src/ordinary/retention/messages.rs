//! Messages and their contents. One that is open is never dropped, however old it is.

use tidings_domain::id::{AccountId, AttemptId, Id as _, MessageId, TenantId};
use tidings_domain::time::Timestamp;

use super::{first_id, full};
use crate::conn::{Batch, Bulk, Conn, cells, vals};
use crate::error::Result;
use crate::hot::plans;
use crate::hot::record::PROVIDER_ID;
use crate::limits::RETENTION_STEP_ROWS;
use crate::model::{Dropped, Hash16};
use crate::scope::TenantScope;
use crate::store::Store;

/// Neither queued, nor under way, nor in doubt.
const CLOSED: &str = "NOT EXISTS (SELECT 1 FROM attempts a WHERE a.message_id = m.id AND a.state <= 1)
    AND NOT EXISTS (SELECT 1 FROM plans p WHERE p.tenant_id = m.tenant_id AND p.message_id = m.id
        AND p.deadline IS NOT NULL)
    AND NOT EXISTS (SELECT 1 FROM due d WHERE d.sender_id = m.sender_id AND d.category = m.category
        AND d.due_at = m.due_at AND d.message_id = m.id)
    AND NOT EXISTS (SELECT 1 FROM attempts r JOIN due d ON d.sender_id = r.sender_id AND d.category = m.category
        AND d.due_at = r.retry_at AND d.message_id = m.id WHERE r.tenant_id = m.tenant_id AND r.message_id = m.id)";

const ATTEMPTS: Bulk = Bulk {
    sqlite: "DELETE FROM attempts WHERE tenant_id = ?1 AND message_id = ?2",
    postgres: "DELETE FROM attempts a USING UNNEST($1::bytea[], $2::bytea[]) AS k (tenant_id, id)
        WHERE a.tenant_id = k.tenant_id AND a.message_id = k.id",
};

const ATTENTION: Bulk = Bulk {
    sqlite: "DELETE FROM attention WHERE tenant_id = ?1 AND message_id = ?2",
    postgres: "DELETE FROM attention a USING UNNEST($1::bytea[], $2::bytea[]) AS k (tenant_id, id)
        WHERE a.tenant_id = k.tenant_id AND a.message_id = k.id",
};

const TOPICS: Bulk = Bulk {
    sqlite: "DELETE FROM message_topics WHERE tenant_id = ?1 AND message_id = ?2",
    postgres: "DELETE FROM message_topics t USING UNNEST($1::bytea[], $2::bytea[]) AS k (tenant_id, id)
        WHERE t.tenant_id = k.tenant_id AND t.message_id = k.id",
};

const MESSAGES: Bulk = Bulk {
    sqlite: "DELETE FROM messages WHERE tenant_id = ?1 AND id = ?2",
    postgres: "DELETE FROM messages m USING UNNEST($1::bytea[], $2::bytea[]) AS k (tenant_id, id)
        WHERE m.tenant_id = k.tenant_id AND m.id = k.id",
};

const PROVIDER_IDS: Bulk = Bulk {
    sqlite: "DELETE FROM provider_ids WHERE tenant_id = ?1 AND account_id = ?2 AND hash = ?3",
    postgres: "DELETE FROM provider_ids p USING UNNEST($1::bytea[], $2::bytea[], $3::bytea[])
        AS k (tenant_id, account_id, hash)
        WHERE p.tenant_id = k.tenant_id AND p.account_id = k.account_id AND p.hash = k.hash",
};

const NAMES: Bulk = Bulk {
    sqlite: "SELECT n, account_id, provider_id FROM attempts WHERE tenant_id = ?1 AND message_id = ?2",
    postgres: "SELECT k.ord, a.n, a.account_id, a.provider_id
        FROM UNNEST($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (tenant_id, id, ord)
        JOIN attempts a ON a.tenant_id = k.tenant_id AND a.message_id = k.id",
};

impl Store {
    /// Drops what messages from before a time said and to whom; `after` goes on behind the last step.
    pub async fn drop_content(
        &self,
        scope: &TenantScope,
        after: Option<[u8; 16]>,
        before: Timestamp,
    ) -> Result<Dropped> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let step = step(conn, tenant, after, before).await?;
                let mut keys = Batch::new(2, step.closed.len());
                for id in &step.closed {
                    keys.push(cells![&tenant, id]);
                }
                Ok(Dropped { rows: plans::erase_contents(conn, &keys).await?, next: step.next })
            })
        })
        .await
    }

    /// Drops messages from before a time with all that belongs to them.
    pub async fn drop_messages(
        &self,
        scope: &TenantScope,
        after: Option<[u8; 16]>,
        before: Timestamp,
    ) -> Result<Dropped> {
        let scope = scope.clone();
        self.write(move |conn| {
            Box::pin(async move {
                let tenant = scope.tenant();
                let step = step(conn, tenant, after, before).await?;
                let mut keys = Batch::new(2, step.closed.len());
                for id in &step.closed {
                    keys.push(cells![&tenant, id]);
                }
                let names = names(conn, &scope, &step.closed, &keys).await?;
                let mut ids = Batch::new(3, names.len());
                for (account, hash) in &names {
                    ids.push(cells![&tenant, account, hash]);
                }
                conn.bulk(&PROVIDER_IDS, &ids).await?;
                plans::erase_contents(conn, &keys).await?;
                plans::forget(conn, &keys).await?;
                conn.bulk(&ATTEMPTS, &keys).await?;
                conn.bulk(&ATTENTION, &keys).await?;
                conn.bulk(&TOPICS, &keys).await?;
                Ok(Dropped { rows: conn.bulk(&MESSAGES, &keys).await?, next: step.next })
            })
        })
        .await
    }
}

struct Step {
    closed: Vec<[u8; 16]>,
    next: Option<[u8; 16]>,
}

async fn step(conn: &Conn, tenant: TenantId, after: Option<[u8; 16]>, before: Timestamp) -> Result<Step> {
    let sql = format!(
        "SELECT m.id, CASE WHEN {CLOSED} THEN 1 ELSE 0 END FROM messages m
         WHERE m.tenant_id = $1 AND m.id > $2 AND m.id < $3 ORDER BY m.id LIMIT $4"
    );
    let (after, before) = (after.unwrap_or_default(), first_id(before));
    let params = vals![&tenant, &after, &before, RETENTION_STEP_ROWS];
    let (mut all, mut closed) = (Vec::new(), Vec::new());
    for row in conn.query(&sql, params).await? {
        let id: [u8; 16] = row.get(0)?;
        all.push(id);
        if row.get::<bool>(1)? {
            closed.push(id);
        }
    }
    Ok(Step { closed, next: full(&all) })
}

/// The hashes under which the provider's ids of messages are found.
async fn names(
    conn: &Conn,
    scope: &TenantScope,
    messages: &[[u8; 16]],
    keys: &Batch<'_>,
) -> Result<Vec<(AccountId, Hash16)>> {
    let mut names = Vec::new();
    for (index, row) in conn.lookup(&NAMES, keys).await? {
        let Some(sealed) = row.get::<Option<Vec<u8>>>(2)? else { continue };
        let attempt = AttemptId::of(MessageId::from_bytes(messages[index]), row.get(0)?);
        let name = scope.open_text(PROVIDER_ID, attempt.as_bytes(), &sealed)?;
        names.push((row.id(1)?, scope.hash_provider_id(&name)));
    }
    Ok(names)
}

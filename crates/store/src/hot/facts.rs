//! What is known of recipients, read in the transaction that decides.

use tidings_domain::consent::Choices;
use tidings_domain::id::{MessageId, SenderId, TenantId};

use crate::conn::{Batch, Bulk, Conn, Row, cells};
use crate::error::{Result, StoreError};
use crate::model::{Hash16, RecipientFacts};

const RECIPIENTS: Bulk = Bulk {
    sqlite: "SELECT revoked_0, revoked_1, revoked_2, revoked_3, invalid_code, invalid_at, cool_until, choices, zone
        FROM recipients WHERE tenant_id = ?1 AND hash = ?2",
    postgres:
        "SELECT k.ord, r.revoked_0, r.revoked_1, r.revoked_2, r.revoked_3, r.invalid_code, r.invalid_at,
        r.cool_until, r.choices, r.zone
        FROM UNNEST($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (tenant_id, hash, ord)
        JOIN recipients r ON r.tenant_id = k.tenant_id AND r.hash = k.hash",
};

const WINDOWS: Bulk = Bulk {
    sqlite: "SELECT last_inbound_at FROM windows WHERE tenant_id = ?1 AND sender_id = ?2 AND hash = ?3",
    postgres: "SELECT k.ord, w.last_inbound_at
        FROM UNNEST($1::bytea[], $2::bytea[], $3::bytea[]) WITH ORDINALITY AS k (tenant_id, sender_id, hash, ord)
        JOIN windows w ON w.tenant_id = k.tenant_id AND w.sender_id = k.sender_id AND w.hash = k.hash",
};

/// Whose facts are wanted; the sender only where the service window matters.
pub(crate) struct Wanted<'a> {
    pub(crate) tenant: &'a TenantId,
    pub(crate) recipient: &'a Hash16,
    pub(crate) window_of: Option<&'a SenderId>,
    /// A message that is stored, to find its topic by.
    pub(crate) message: Option<&'a MessageId>,
}

pub(crate) async fn facts(conn: &Conn, wanted: &[Wanted<'_>]) -> Result<Vec<RecipientFacts>> {
    let mut all = vec![RecipientFacts::default(); wanted.len()];
    let mut keys = Batch::new(2, wanted.len());
    for each in wanted {
        keys.push(cells![each.tenant, each.recipient]);
    }
    for (index, row) in conn.lookup(&RECIPIENTS, &keys).await? {
        all[index] = of_row(&row)?;
    }
    let windowed: Vec<usize> = (0..wanted.len()).filter(|&n| wanted[n].window_of.is_some()).collect();
    let mut keys = Batch::new(3, windowed.len());
    for &index in &windowed {
        let each = &wanted[index];
        keys.push(cells![each.tenant, each.window_of, each.recipient]);
    }
    for (index, row) in conn.lookup(&WINDOWS, &keys).await? {
        all[windowed[index]].last_inbound_at = Some(row.get(0)?);
    }
    topics(conn, wanted, &mut all).await?;
    Ok(all)
}

const TOPICS: Bulk = Bulk {
    sqlite: "SELECT topic FROM message_topics WHERE tenant_id = ?1 AND message_id = ?2",
    postgres:
        "SELECT k.ord, t.topic FROM UNNEST($1::bytea[], $2::bytea[]) WITH ORDINALITY AS k (tenant_id, id, ord)
        JOIN message_topics t ON t.tenant_id = k.tenant_id AND t.message_id = k.id",
};

/// The topics of stored messages whose recipients ever said something about a topic.
async fn topics(conn: &Conn, wanted: &[Wanted<'_>], all: &mut [RecipientFacts]) -> Result<()> {
    let asked: Vec<usize> =
        (0..wanted.len()).filter(|&n| wanted[n].message.is_some() && all[n].choices.has_topics()).collect();
    let mut keys = Batch::new(2, asked.len());
    for &index in &asked {
        keys.push(cells![wanted[index].tenant, wanted[index].message]);
    }
    for (index, row) in conn.lookup(&TOPICS, &keys).await? {
        all[asked[index]].topic = row.opt_id(0)?;
    }
    Ok(())
}

fn choices(row: &Row, at: usize) -> Result<Choices> {
    let Some(packed) = row.get::<Option<Vec<u8>>>(at)? else { return Ok(Choices::default()) };
    Choices::unpack(&packed).ok_or(StoreError::Corrupt("a recipient's choices do not read"))
}

fn of_row(row: &Row) -> Result<RecipientFacts> {
    Ok(RecipientFacts {
        revoked_at: [row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?],
        invalid: row.get::<Option<i64>>(4)?.zip(row.get(5)?),
        cool_until: row.get(6)?,
        choices: choices(row, 7)?,
        zone: row.get::<Option<String>>(8)?.map(Into::into),
        ..RecipientFacts::default()
    })
}

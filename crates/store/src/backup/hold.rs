//! After a restore nobody knows what was submitted since the copy was made. Whatever was under way then, and
//! whatever was due until the end of the installation, may have left: it becomes a doubt that is held for
//! review. Receipts settle it (they name the attempt, whose id follows from the message's), or an operator
//! does; what is left when the message expires is given up. Nothing is sent again by itself.

use tidings_domain::time::Timestamp;

use crate::conn::{Conn, vals};
use crate::error::Result;
use crate::events::Events;
use crate::hot::{Ledger, OPEN, doubt, open_attempt};
use crate::limits::{HOLD_CHUNK, RESTORE_CLOCK_MARGIN_US};
use crate::model::{OpenAttempt, SlotSet};

/// When the installation that was copied stopped, and now.
#[derive(Debug, Clone, Copy)]
pub(super) struct After {
    pub(super) lost_at: Timestamp,
    pub(super) now: Timestamp,
}

pub(super) struct Held {
    pub(super) held: u64,
    pub(super) scheduled: u64,
}

/// Why such a message stands among those that need attention.
pub(crate) const REASON: &str = "restored";

pub(super) async fn hold(conn: &Conn, after: After) -> Result<Held> {
    claim_what_was_due(conn, after).await?;
    let mut held = 0;
    let mut last = ([0; 16], 0u8);
    loop {
        let sql = format!("{OPEN} AND (a.message_id, a.n) > ($2, $3) ORDER BY a.message_id, a.n LIMIT $4");
        let rows = conn.query(&sql, vals![SlotSet::ALL.bits(), &last.0, last.1, HOLD_CHUNK]).await?;
        let open = rows.iter().map(open_attempt).collect::<Result<Vec<_>>>()?;
        let Some(end) = open.last() else { break };
        last = (*end.item.message.as_bytes(), end.item.attempt);
        held += open.len() as u64;
        doubt_all(conn, &open, after).await?;
    }
    conn.execute("UPDATE attempts SET review = 1 WHERE state <= 1", &[]).await?;
    Ok(Held { held, scheduled: super::count(conn, "due").await? })
}

/// As if each had been claimed by the installation that is gone.
async fn claim_what_was_due(conn: &Conn, after: After) -> Result<()> {
    let until = after.lost_at.plus(RESTORE_CLOCK_MARGIN_US);
    let claim = "INSERT INTO attempts (tenant_id, message_id, n, sender_id, account_id, trace, state, epoch, claimed_at)
        SELECT tenant_id, message_id, attempt, sender_id, account_id, trace, 0, 0, due_at FROM due WHERE due_at <= $1";
    conn.execute(claim, vals![until]).await?;
    conn.execute("DELETE FROM due WHERE due_at <= $1", vals![until]).await?;
    Ok(())
}

async fn doubt_all(conn: &Conn, open: &[OpenAttempt], after: After) -> Result<()> {
    let mut ledger = Ledger::default();
    ledger.load(conn, open.iter().map(|open| (open.item.tenant, open.item.message)).collect()).await?;
    let mut events = Events::default();
    for open in open {
        let progress = ledger.get(&(open.item.tenant, open.item.message)).expect("loaded above");
        let index = progress.find(open.item.attempt).expect("an open attempt was loaded with its message");
        let until = open.item.expires_at.max(after.now);
        doubt(progress, index, REASON, until, &mut events, after.now);
    }
    ledger.write(conn, 0).await?;
    events.append(conn).await
}

//! The ordinary calls: written once, run on both engines. One file per topic.

mod accounts;
mod attempts;
mod attention;
mod audience;
mod audit;
mod behind;
mod between;
mod cancel;
mod cards;
mod catalog;
mod catalogue;
mod consents;
mod contacts;
mod counts;
mod decided;
mod directory;
mod feed;
mod forms;
mod forward;
mod housekeeping;
mod idempotency;
mod imports;
mod inbound;
mod invalid;
mod kept;
mod key_cache;
mod keyring;
mod keys;
mod levels;
mod links;
mod media;
mod messages;
mod nodes;
mod opt_outs;
mod pairs;
mod pauses;
mod policy;
mod redrive;
mod retention;
mod review;
mod senders;
mod sessions;
mod tags;
mod templates;
mod tenants;
mod tokens;
mod topics;
mod traffic;
mod verifications;

pub use audience::Reachable;
pub(crate) use catalogue::{News, follow};
pub(crate) use key_cache::KeyCache;
pub(crate) use keyring::wrapped_by;
pub use levels::Levels;

use tidings_domain::actor::Actor;
use tidings_domain::event::{Kind, NewEvent, Subject};
use tidings_domain::id::TenantId;
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, vals};
use crate::error::Result;
use crate::events;

/// Appends one event without a trace.
async fn log(
    conn: &Conn,
    tenant: TenantId,
    kind: Kind,
    subject: [u8; 16],
    actor: Actor,
    at: Timestamp,
    body: serde_json::Value,
) -> Result<()> {
    let subject = Subject(subject);
    let event = NewEvent { tenant, kind, subject, actor, trace: None, at, body: body.to_string() };
    events::append(conn, &[event]).await
}

/// Tells every process that the tenant's catalog changed.
async fn bump(conn: &Conn, tenant: TenantId) -> Result<()> {
    conn.execute("UPDATE tenants SET catalog_version = catalog_version + 1 WHERE id = $1", vals![&tenant])
        .await
        .map(|_| ())
}

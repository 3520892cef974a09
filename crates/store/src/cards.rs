//! Contacts as records: the sealed profile, and the history of what became of them.

use serde_json::Value;

use tidings_domain::actor::Actor;
use tidings_domain::event::{Kind, NewEvent, Subject};
use tidings_domain::id::{ContactId, Id as _};
use tidings_domain::time::Timestamp;

use crate::conn::{Conn, vals};
use crate::error::{Result, StoreError};
use crate::events;
use crate::model::{Hash16, Profile};
use crate::people;
use crate::scope::TenantScope;

/// What `contacts.profile` and `contact_history.data` are sealed for; the row is the contact.
const PROFILE: &str = "contacts/profile";
pub(crate) const HISTORY: &str = "contact_history";
pub(crate) const SPOILT: StoreError = StoreError::Corrupt("a contact does not read");

pub(crate) fn opened(scope: &TenantScope, id: ContactId, sealed: Option<Vec<u8>>) -> Result<Profile> {
    let Some(sealed) = sealed else { return Ok(Profile::default()) };
    let plain = scope.open(PROFILE, id.as_bytes(), &sealed)?;
    serde_json::from_slice(&plain).map_err(|_| SPOILT)
}

pub(crate) async fn profile(conn: &Conn, scope: &TenantScope, id: ContactId) -> Result<Profile> {
    let sql = "SELECT profile FROM contacts WHERE tenant_id = $1 AND id = $2";
    let row = conn.query_opt(sql, vals![&scope.tenant(), &id]).await?;
    opened(scope, id, row.map_or(Ok(None), |row| row.get(0))?)
}

pub(crate) async fn set_profile(
    conn: &Conn,
    scope: &TenantScope,
    id: ContactId,
    profile: &Profile,
) -> Result<()> {
    let plain = serde_json::to_vec(profile).expect("texts are JSON");
    let sealed = scope.seal(PROFILE, id.as_bytes(), &plain);
    let sql = "UPDATE contacts SET profile = $3 WHERE tenant_id = $1 AND id = $2";
    conn.execute(sql, vals![&scope.tenant(), &id, &sealed]).await?;
    let hashes = people::hashes_of(conn, scope, id).await?;
    place(conn, scope, &hashes, profile.time_zone.as_deref()).await
}

/// Writes where a person is beside what else messages to them are judged by.
pub(crate) async fn place(
    conn: &Conn,
    scope: &TenantScope,
    hashes: &[Hash16],
    zone: Option<&str>,
) -> Result<()> {
    // Nobody gets a row only to say that nothing is known.
    let sql = if zone.is_some() {
        "INSERT INTO recipients (tenant_id, hash, zone) VALUES ($1, $2, $3)
         ON CONFLICT (tenant_id, hash) DO UPDATE SET zone = excluded.zone"
    } else {
        "UPDATE recipients SET zone = $3 WHERE tenant_id = $1 AND hash = $2 AND zone IS NOT NULL"
    };
    for hash in hashes {
        conn.execute(sql, vals![&scope.tenant(), hash, zone]).await?;
    }
    Ok(())
}

/// Writes down what became of a contact, and says so in the log without its details.
pub(crate) async fn note(
    conn: &Conn,
    scope: &TenantScope,
    id: ContactId,
    (kind, what): (Kind, &str),
    actor: Actor,
    at: Timestamp,
    detail: &Value,
) -> Result<()> {
    let tenant = scope.tenant();
    // Several things may become of a contact in one moment; nothing depends on their order.
    let n = i64::try_from(scope.ids().random_u64() >> 1).expect("63 bits fit");
    let plain = detail.to_string();
    let data = scope.seal(HISTORY, id.as_bytes(), plain.as_bytes());
    let sql = "INSERT INTO contact_history (tenant_id, contact_id, at, n, what, actor, data)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let name = actor.to_string();
    conn.execute(sql, vals![&tenant, &id, at, n, what, &name, &data]).await?;
    let body = match detail.get("contact").or(detail.get("counts")) {
        Some(told) => serde_json::json!({"with": told}).to_string(),
        None => "{}".to_owned(),
    };
    let event = NewEvent { tenant, kind, subject: Subject(id.bytes()), actor, trace: None, at, body };
    events::append(conn, &[event]).await
}

/// What a merged contact knew goes over to the one that is left, where that one knows nothing. Its history is told
/// under its own id still, which leads to the person.
pub(crate) async fn merge(conn: &Conn, scope: &TenantScope, gone: ContactId, left: ContactId) -> Result<()> {
    let other = profile(conn, scope, gone).await?;
    if other == Profile::default() {
        return Ok(());
    }
    let mut own = profile(conn, scope, left).await?;
    own.fill_from(other);
    set_profile(conn, scope, left, &own).await
}

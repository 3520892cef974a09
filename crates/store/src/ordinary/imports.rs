//! Imports: a file's portions, what came of them, the lines that were refused. A portion is done in the transaction
//! that takes it away, so after a restart the next one goes on.

use serde_json::json;

use tidings_domain::actor::Actor;
use tidings_domain::event::Kind;
use tidings_domain::id::{Id as _, ImportId};
use tidings_domain::time::{DAY, Timestamp};

use super::directory::{self, Taken};
use super::log;
use crate::conn::{Conn, Row, vals};
use crate::consents::{self, SealedConsent};
use crate::error::{Result, StoreError};
use crate::events::Events;
use crate::model::{
    Appended, Import, ImportEntry, ImportKind, ImportLine, ImportPart, ImportState, NewImport, Page, Refusal,
};
use crate::people::Identity;
use crate::scope::{SystemScope, TenantScope};
use crate::store::Store;

const PARTS: &str = "import_parts";
const REFUSALS: &str = "import_refusals";
const COLUMNS: &str =
    "id, kind, state, options, actor, lines, done_lines, good, bad, created_at, finished_at";
const SPOILT: StoreError = StoreError::Corrupt("an import does not read");
/// After so long an import that was not received whole is forgotten.
const BROKEN_OFF_US: i64 = DAY;

/// What a portion or a refusal is sealed for: the import and its line.
fn row_of(import: ImportId, line: u64) -> Vec<u8> {
    [&import.bytes()[..], &line.to_be_bytes()].concat()
}

impl Store {
    /// Begins to receive a file.
    pub async fn begin_import(&self, scope: &TenantScope, new: NewImport) -> Result<()> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let before = new.created_at.plus(-BROKEN_OFF_US);
                for table in ["import_parts", "imports"] {
                    let id = if table == "imports" { "id" } else { "import_id" };
                    let sql = format!(
                        "DELETE FROM {table} WHERE tenant_id = $1 AND {id} IN (SELECT id FROM imports
                         WHERE tenant_id = $1 AND state = $2 AND created_at < $3)"
                    );
                    conn.execute(&sql, vals![&tenant, ImportState::Receiving as i64, before]).await?;
                }
                let sql =
                    "INSERT INTO imports (tenant_id, id, kind, state, actor, options, lines, created_at)
                    VALUES ($1, $2, $3, $4, $5, $6, 0, $7)";
                let actor = new.actor.to_string();
                let (kind, state) = (new.kind as i64, ImportState::Receiving as i64);
                let params = vals![&tenant, &new.id, kind, state, &actor, &new.options, new.created_at];
                conn.execute(sql, params).await.map(|_| ())
            })
        })
        .await
    }

    pub async fn add_import_part(&self, scope: &TenantScope, id: ImportId, part: ImportPart) -> Result<()> {
        let tenant = scope.tenant();
        let data = scope.seal(PARTS, &row_of(id, part.first_line), &part.data);
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "INSERT INTO import_parts (tenant_id, import_id, first_line, lines, data)
                    VALUES ($1, $2, $3, $4, $5)";
                let (first, lines) = (part.first_line.cast_signed(), part.lines.cast_signed());
                conn.execute(sql, vals![&tenant, &id, first, lines, &data]).await.map(|_| ())
            })
        })
        .await
    }

    /// The file is whole: its lines may be read.
    pub async fn start_import(
        &self,
        scope: &TenantScope,
        id: ImportId,
        lines: u64,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE imports SET state = $3, lines = $4 WHERE tenant_id = $1 AND id = $2";
                let state = ImportState::Running as i64;
                conn.execute(sql, vals![&tenant, &id, state, lines.cast_signed()]).await?;
                log(conn, tenant, Kind::ImportStarted, id.bytes(), actor, at, json!({"lines": lines})).await
            })
        })
        .await
    }

    pub async fn import(&self, scope: &TenantScope, id: ImportId) -> Result<Option<Import>> {
        let tenant = scope.tenant();
        let sql = format!("SELECT {COLUMNS} FROM imports WHERE tenant_id = $1 AND id = $2");
        let row = self
            .read(move |conn| Box::pin(async move { conn.query_opt(&sql, vals![&tenant, &id]).await }))
            .await?;
        row.as_ref().map(import).transpose()
    }

    /// Newest first.
    pub async fn list_imports(
        &self,
        scope: &TenantScope,
        after: Option<ImportId>,
        limit: usize,
    ) -> Result<Page<Import, ImportId>> {
        let tenant = scope.tenant();
        let before = after.map_or([0xff; 16], |id| id.bytes());
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = format!(
                        "SELECT {COLUMNS} FROM imports WHERE tenant_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
                    );
                    conn.query(&sql, vals![&tenant, &before, limit as i64 + 1]).await
                })
            })
            .await?;
        let items = rows.iter().map(import).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(items, limit, |import| import.id))
    }

    /// The oldest import that has lines to be read, with the scope of its tenant.
    pub async fn running_import(&self, _system: &SystemScope) -> Result<Option<(TenantScope, ImportId)>> {
        let row = self
            .read(|conn| {
                Box::pin(async move {
                    let sql = "SELECT tenant_id, id FROM imports WHERE state = 0 ORDER BY id LIMIT 1";
                    conn.query_opt(sql, &[]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(None) };
        let scope = self.scope_of(row.id(0)?).await?.ok_or(SPOILT)?;
        Ok(Some((scope, row.id(1)?)))
    }

    /// The next portion of a file.
    pub async fn next_import_part(&self, scope: &TenantScope, id: ImportId) -> Result<Option<ImportPart>> {
        let tenant = scope.tenant();
        let row = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT first_line, lines, data FROM import_parts
                        WHERE tenant_id = $1 AND import_id = $2 ORDER BY first_line LIMIT 1";
                    conn.query_opt(sql, vals![&tenant, &id]).await
                })
            })
            .await?;
        let Some(row) = row else { return Ok(None) };
        let first_line: u64 = row.get(0)?;
        let data = scope.open(PARTS, &row_of(id, first_line), row.blob(2)?)?;
        Ok(Some(ImportPart { first_line, lines: row.get(1)?, data }))
    }

    /// Carries out a portion and takes it away. Whether it was there: another node may have been quicker.
    pub async fn finish_import_part(
        &self,
        scope: &TenantScope,
        id: ImportId,
        part: (u64, u64),
        good: Vec<ImportLine>,
        refused: Vec<Refusal>,
        at: Timestamp,
    ) -> Result<bool> {
        let sealed: Vec<Sealed> = good.iter().map(|each| Sealed::of(scope, &each.entry)).collect();
        let own = scope.clone();
        self.write(move |conn| {
            Box::pin(async move {
                let tenant = own.tenant();
                let (first_line, lines) = (part.0.cast_signed(), part.1.cast_signed());
                let sql =
                    "DELETE FROM import_parts WHERE tenant_id = $1 AND import_id = $2 AND first_line = $3";
                if conn.execute(sql, vals![&tenant, &id, first_line]).await? == 0 {
                    return Ok(false);
                }
                let mut refused = refused;
                let mut events = Events::default();
                let mut taken = 0i64;
                for (line, sealed) in good.iter().zip(&sealed) {
                    match carry_out(conn, &own, (line, sealed), at, &mut events).await? {
                        None => taken += 1,
                        Some(refusal) => refused.push(refusal),
                    }
                }
                events.append(conn).await?;
                for each in &refused {
                    refuse(conn, &own, id, each).await?;
                }
                let sql = "UPDATE imports SET done_lines = done_lines + $3, good = good + $4, bad = bad + $5
                    WHERE tenant_id = $1 AND id = $2";
                let params = vals![&tenant, &id, lines, taken, refused.len() as i64];
                conn.execute(sql, params).await?;
                Ok(true)
            })
        })
        .await
    }

    /// No line is left.
    pub async fn finish_import(
        &self,
        scope: &TenantScope,
        id: ImportId,
        actor: Actor,
        at: Timestamp,
    ) -> Result<()> {
        let tenant = scope.tenant();
        self.write(move |conn| {
            Box::pin(async move {
                let sql = "UPDATE imports SET state = 1, finished_at = $3
                    WHERE tenant_id = $1 AND id = $2 AND state = 0 RETURNING good, bad";
                let Some(row) = conn.query_opt(sql, vals![&tenant, &id, at]).await? else { return Ok(()) };
                let (good, bad): (u64, u64) = (row.get(0)?, row.get(1)?);
                let body = json!({"good": good, "bad": bad});
                log(conn, tenant, Kind::ImportFinished, id.bytes(), actor, at, body).await
            })
        })
        .await
    }

    /// The refused lines after one, in their order.
    pub async fn import_refusals(
        &self,
        scope: &TenantScope,
        id: ImportId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<Refusal>> {
        let tenant = scope.tenant();
        let rows = self
            .read(move |conn| {
                Box::pin(async move {
                    let sql = "SELECT line, data FROM import_refusals
                        WHERE tenant_id = $1 AND import_id = $2 AND line > $3 ORDER BY line LIMIT $4";
                    conn.query(sql, vals![&tenant, &id, after.cast_signed(), limit as i64]).await
                })
            })
            .await?;
        let open = |row: &Row| {
            let plain = scope.open(REFUSALS, &row_of(id, row.get(0)?), row.blob(1)?)?;
            serde_json::from_slice(&plain).map_err(|_| SPOILT)
        };
        rows.iter().map(open).collect()
    }
}

/// The sealed half of a line.
enum Sealed {
    Consent(SealedConsent),
    Contact(Vec<Identity>),
}

impl Sealed {
    fn of(scope: &TenantScope, entry: &ImportEntry) -> Self {
        match entry {
            ImportEntry::Consent(consent) => Self::Consent(SealedConsent::of(scope, consent)),
            ImportEntry::Contact(contact) => {
                Self::Contact(contact.addresses.iter().map(|address| Identity::of(scope, address)).collect())
            }
        }
    }
}

/// Carries out one line; why it is refused, if it is.
async fn carry_out(
    conn: &Conn,
    scope: &TenantScope,
    (line, sealed): (&ImportLine, &Sealed),
    at: Timestamp,
    events: &mut Events,
) -> Result<Option<Refusal>> {
    match (&line.entry, sealed) {
        (ImportEntry::Consent(consent), Sealed::Consent(sealed)) => {
            let appended = consents::add_consent(conn, scope, consent, sealed, at, events).await?;
            Ok((appended == Appended::Unneeded).then(|| refusal(line, OPTED_OUT)))
        }
        (ImportEntry::Contact(contact), Sealed::Contact(identities)) => {
            let taken = directory::take_contact(conn, scope, (contact, identities), at).await?;
            Ok((taken == Taken::TwoPeople).then(|| refusal(line, TWO_PEOPLE)))
        }
        _ => Err(SPOILT),
    }
}

const OPTED_OUT: (&str, &str) = (
    "consent.opted_out",
    "This person opted out; a grant without the time at which it was given lifts no opt-out. Add `at`.",
);
const TWO_PEOPLE: (&str, &str) = (
    "contact.two",
    "These addresses belong to two contacts. An import merges nobody: merge them, or use a line for each.",
);

fn refusal(line: &ImportLine, (code, detail): (&str, &str)) -> Refusal {
    let (code, detail) = (code.to_owned(), detail.to_owned());
    Refusal { line: line.line, code, detail, fields: line.fields.clone() }
}

async fn refuse(conn: &Conn, scope: &TenantScope, id: ImportId, refusal: &Refusal) -> Result<()> {
    let plain = serde_json::to_vec(refusal).expect("texts are JSON");
    let data = scope.seal(REFUSALS, &row_of(id, refusal.line), &plain);
    let sql =
        "INSERT INTO import_refusals (tenant_id, import_id, line, code, data) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (tenant_id, import_id, line) DO NOTHING";
    let line = refusal.line.cast_signed();
    conn.execute(sql, vals![&scope.tenant(), &id, line, &refusal.code, &data]).await.map(|_| ())
}

fn import(row: &Row) -> Result<Import> {
    Ok(Import {
        id: row.id(0)?,
        kind: ImportKind::from_code(row.get(1)?).ok_or(SPOILT)?,
        state: ImportState::from_code(row.get(2)?).ok_or(SPOILT)?,
        options: row.get(3)?,
        actor: Actor::parse(row.text(4)?).ok_or(SPOILT)?,
        lines: row.get(5)?,
        done: row.get(6)?,
        good: row.get(7)?,
        bad: row.get(8)?,
        created_at: row.get(9)?,
        finished_at: row.get(10)?,
    })
}

//! What a callback says besides receipts: messages from people, consents, templates, what nobody knows.

use std::fmt::Write as _;

use tidings_domain::actor::Actor;
use tidings_domain::category::Category;
use tidings_domain::event::Kind;
use tidings_domain::fact::Identities;
use tidings_domain::id::Id as _;

use super::merge::MergeJob;
use crate::conn::{Conn, vals};
use crate::consents::{self, SealedConsent};
use crate::error::{Result, StoreError};
use crate::events::{Events, Head, json_text};
use crate::model::{CallbackWrite, Hash16, NewInbound, TemplatePatch};
use crate::ordinary::{News, follow};
use crate::people::{self, Identity};
use crate::scope::{Part, TenantScope};

/// The sealed halves, in the order of the callback's lists. Made in the caller's task.
pub(crate) struct Sealed {
    inbound: Vec<SealedInbound>,
    consents: Vec<SealedConsent>,
    moves: Vec<(Vec<Identity>, Vec<Identity>)>,
    kept: Vec<Vec<u8>>,
}

struct SealedInbound {
    identities: Vec<Identity>,
    provider: Hash16,
    context: Option<Hash16>,
    data: Vec<u8>,
}

/// The sealed part of an inbound message.
#[derive(serde::Serialize, serde::Deserialize)]
pub(crate) struct InboundRecord {
    phone: Option<String>,
    bsuid: Option<String>,
    parent_bsuid: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    username: Option<String>,
    profile_name: Option<String>,
    pub(crate) provider_id: String,
    pub(crate) text: Option<String>,
    pub(crate) context: Option<String>,
    pub(crate) object: String,
}

impl InboundRecord {
    fn of(inbound: &NewInbound) -> Self {
        let from = &inbound.from;
        Self {
            phone: from.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            bsuid: from.bsuid.as_ref().map(|bsuid| bsuid.as_str().to_owned()),
            parent_bsuid: from.parent_bsuid.as_ref().map(|bsuid| bsuid.as_str().to_owned()),
            email: from.email.as_ref().map(|email| email.as_str().to_owned()),
            username: from.username.clone(),
            profile_name: from.profile_name.clone(),
            provider_id: inbound.provider_id.clone(),
            text: inbound.text.clone(),
            context: inbound.context.clone(),
            object: inbound.object.clone(),
        }
    }

    pub(crate) fn open(scope: &TenantScope, id: &[u8; 16], sealed: &[u8]) -> Result<Self> {
        let plain = scope.open(Part::Inbound.table(), id, sealed)?;
        serde_json::from_slice(&plain).map_err(|_| StoreError::Corrupt("an inbound message is not readable"))
    }

    pub(crate) fn identities(&self) -> Identities {
        use tidings_domain::address::{Bsuid, Email, Phone};
        Identities {
            phone: self.phone.as_deref().and_then(|text| Phone::parse(text).ok()),
            bsuid: self.bsuid.as_deref().and_then(Bsuid::from_platform),
            parent_bsuid: self.parent_bsuid.as_deref().and_then(Bsuid::from_platform),
            email: self.email.as_deref().and_then(|text| Email::parse(text).ok()),
            username: self.username.clone(),
            profile_name: self.profile_name.clone(),
        }
    }
}

pub(super) fn seal(scope: &TenantScope, write: &CallbackWrite) -> Sealed {
    let inbound = |each: &NewInbound| SealedInbound {
        identities: people::addresses(&each.from)
            .iter()
            .map(|address| Identity::of(scope, address))
            .collect(),
        provider: scope.hash_provider_id(&each.provider_id),
        context: each.context.as_deref().map(|id| scope.hash_provider_id(id)),
        data: scope.seal(
            Part::Inbound.table(),
            each.id.as_bytes(),
            &serde_json::to_vec(&InboundRecord::of(each)).expect("texts are JSON"),
        ),
    };
    Sealed {
        inbound: write.inbound.iter().map(inbound).collect(),
        consents: write.consents.iter().map(|consent| SealedConsent::of(scope, consent)).collect(),
        moves: write
            .moves
            .iter()
            .map(|(now, before)| (identities(scope, now), identities(scope, before)))
            .collect(),
        kept: write
            .kept
            .iter()
            .map(|kept| scope.seal(Part::Kept.table(), kept.id.as_bytes(), kept.object.as_bytes()))
            .collect(),
    }
}

fn identities(scope: &TenantScope, who: &Identities) -> Vec<Identity> {
    people::addresses(who).iter().map(|address| Identity::of(scope, address)).collect()
}

pub(super) async fn store(conn: &Conn, job: &MergeJob, events: &mut Events) -> Result<()> {
    for (inbound, sealed) in job.write.inbound.iter().zip(&job.rest.inbound) {
        store_inbound(conn, job, inbound, sealed, events).await?;
    }
    for (consent, sealed) in job.write.consents.iter().zip(&job.rest.consents) {
        let now = job.write.received_at;
        consents::add_consent(conn, &job.scope, consent, sealed, now, events).await?;
    }
    for (now, before) in &job.rest.moves {
        people::change_number(conn, &job.scope, (now, before), job.write.received_at).await?;
    }
    for patch in &job.write.templates {
        patch_template(conn, job, patch, events).await?;
    }
    keep(conn, job, events).await?;
    for event in &job.write.events {
        events.push_new(event);
    }
    Ok(())
}

async fn store_inbound(
    conn: &Conn,
    job: &MergeJob,
    inbound: &NewInbound,
    sealed: &SealedInbound,
    events: &mut Events,
) -> Result<()> {
    let tenant = job.scope.tenant();
    let main = sealed.identities.first().map(|identity| &identity.hash);
    let sql = "INSERT INTO inbound (tenant_id, id, account_id, sender_id, recipient, kind, at, received_at,
        provider_hash, context_hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (tenant_id, account_id, provider_hash) DO NOTHING";
    let (id, sender, kind) = (&inbound.id, &inbound.sender, &inbound.kind);
    let (at, received_at) = (inbound.at, inbound.received_at);
    let context = sealed.context.as_ref();
    let params =
        vals![&tenant, id, &job.account, sender, main, kind, at, received_at, &sealed.provider, context];
    if conn.execute(sql, params).await? == 0 {
        return Ok(());
    }
    let sql = "INSERT INTO sealed (tenant_id, owner, part, data) VALUES ($1, $2, $3, $4)";
    conn.execute(sql, vals![&tenant, id, Part::Inbound.code(), &sealed.data]).await?;
    let mut contact = None;
    if !sealed.identities.is_empty() {
        let (linked, hashes) = people::link(conn, &job.scope, &sealed.identities, received_at).await?;
        let sql = "UPDATE inbound SET contact_id = $3 WHERE tenant_id = $1 AND id = $2";
        conn.execute(sql, vals![&tenant, id, &linked]).await?;
        for hash in &hashes {
            let sql = "INSERT INTO windows (tenant_id, sender_id, hash, last_inbound_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (tenant_id, sender_id, hash) DO UPDATE SET last_inbound_at = excluded.last_inbound_at
                WHERE windows.last_inbound_at < excluded.last_inbound_at";
            conn.execute(sql, vals![&tenant, sender, hash, at]).await?;
        }
        contact = Some(linked);
    }
    let head = |kind| Head {
        tenant,
        kind,
        subject: id.bytes(),
        actor: Actor::Provider,
        trace: None,
        at: received_at,
    };
    if let (Some(word), Some(main)) = (&inbound.possible_opt_out, main) {
        let sql =
            "INSERT INTO opt_out_reviews (tenant_id, id, recipient, word, at) VALUES ($1, $2, $3, $4, $5)";
        conn.execute(sql, vals![&tenant, id, main, word, at]).await?;
        events.push(head(Kind::OptOutPossible), |out| {
            out.push_str(r#"{"word":"#);
            json_text(out, word);
            out.push('}');
        });
    }
    events.push(head(Kind::InboundReceived), |out| {
        write!(out, r#"{{"sender":"{sender}","kind":"#).expect("a string takes all");
        json_text(out, kind);
        if let Some(contact) = contact {
            write!(out, r#","contact":"{contact}""#).expect("a string takes all");
        }
        out.push('}');
    });
    Ok(())
}

/// What the platform says about a template, unless something newer is known.
async fn patch_template(
    conn: &Conn,
    job: &MergeJob,
    patch: &TemplatePatch,
    events: &mut Events,
) -> Result<()> {
    let tenant = job.scope.tenant();
    let category = patch.category.as_deref().and_then(Category::parse);
    let news = News {
        account: job.account,
        name: &patch.name,
        language: &patch.language,
        status: patch.status.as_deref(),
        reason: patch.reason.as_deref(),
        category: patch.category.as_deref(),
        quality: patch.quality.as_deref(),
        provider_id: None,
        actor: Actor::Provider,
        at: job.write.received_at,
    };
    let newer =
        "SELECT 1 FROM templates WHERE tenant_id = $1 AND account_id = $2 AND name = $3 AND language = $4
        AND updated_at > $5";
    let key = vals![&tenant, &job.account, &patch.name, &patch.language, patch.at];
    let mut status = patch.status.as_deref();
    if conn.query_opt(newer, key).await?.is_none() && !follow(conn, &job.scope, &news).await? {
        status = None;
    }
    let sql = "UPDATE templates SET status = COALESCE($5, status), category = COALESCE($6, category),
        quality = COALESCE($7, quality), updated_at = $8
        WHERE tenant_id = $1 AND account_id = $2 AND name = $3 AND language = $4 AND updated_at <= $8";
    let quality = patch.quality.as_deref();
    let (name, language) = (&patch.name, &patch.language);
    let params = vals![&tenant, &job.account, name, language, status, category, quality, patch.at];
    if conn.execute(sql, params).await? > 0 {
        let sql = "UPDATE tenants SET catalog_version = catalog_version + 1 WHERE id = $1";
        conn.execute(sql, vals![&tenant]).await?;
    }
    let head = Head {
        tenant,
        kind: Kind::TemplateChanged,
        subject: job.account.bytes(),
        actor: Actor::Provider,
        trace: None,
        at: job.write.received_at,
    };
    events.push(head, |out| {
        let fields = [
            ("name", Some(name)),
            ("language", Some(language)),
            ("status", patch.status.as_ref()),
            ("reason", patch.reason.as_ref()),
            ("category", patch.category.as_ref()),
            ("quality", patch.quality.as_ref()),
        ];
        for (n, (field, value)) in
            fields.into_iter().filter_map(|(name, value)| Some((name, value?))).enumerate()
        {
            out.push(if n == 0 { '{' } else { ',' });
            json_text(out, field);
            out.push(':');
            json_text(out, value);
        }
        out.push('}');
    });
    Ok(())
}

async fn keep(conn: &Conn, job: &MergeJob, events: &mut Events) -> Result<()> {
    let tenant = job.scope.tenant();
    for (kept, data) in job.write.kept.iter().zip(&job.rest.kept) {
        let sql =
            "INSERT INTO kept (tenant_id, id, account_id, field, received_at) VALUES ($1, $2, $3, $4, $5)";
        let params = vals![&tenant, &kept.id, kept.account.as_ref(), &kept.field, kept.received_at];
        conn.execute(sql, params).await?;
        let sql = "INSERT INTO sealed (tenant_id, owner, part, data) VALUES ($1, $2, $3, $4)";
        conn.execute(sql, vals![&tenant, &kept.id, Part::Kept.code(), data]).await?;
        let head = Head {
            tenant,
            kind: Kind::CallbackUnknown,
            subject: kept.id.bytes(),
            actor: Actor::Provider,
            trace: None,
            at: kept.received_at,
        };
        events.push(head, |out| {
            out.push_str(r#"{"field":"#);
            json_text(out, &kept.field);
            out.push('}');
        });
    }
    Ok(())
}

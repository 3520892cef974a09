//! The ordinary calls, by topic.

mod cancel;
mod cards;
mod catalogue;
mod consents;
mod isolation;
mod lists;
mod log;
mod nodes;
mod opt_outs;
mod people;
mod retention;
mod settings;
mod tenancy;
mod verifications;

use tidings_domain::actor::Actor;
use tidings_domain::address::Address;
use tidings_domain::category::{Category, Channel};
use tidings_domain::credentials::{Credentials, ProviderKind};
use tidings_domain::fact::Identities;
use tidings_domain::secret::Secret;
use tidings_store::TenantScope;
use tidings_store::model::*;

use crate::bed::{Bed, Kind};
use crate::scene::Scene;

pub const ACTOR: Actor = Actor::Installation;
pub const BSUID: &str = "DE.13491208655302741918";

pub fn phone(text: &str) -> Address {
    Address::parse("phone", text).expect("a phone number")
}

pub fn bsuid(text: &str) -> Address {
    Address::parse("bsuid", text).expect("a user id")
}

pub fn credentials(token: &str) -> Credentials {
    Credentials {
        access_token: Secret::new(token),
        app_secrets: vec![Secret::new("shared secret")],
        verify_token: Secret::new("verify me"),
        connection: None,
    }
}

pub async fn account(bed: &Bed, scope: &TenantScope, provider_ref: &str) -> Account {
    let now = bed.now();
    bed.store
        .create_account(scope, ProviderKind::Cloud, provider_ref, credentials("token one"), ACTOR, now)
        .await
        .expect("an account is made")
}

pub fn consent(bed: &Bed, address: Address, granted: bool) -> NewConsent {
    NewConsent {
        id: bed.ids.next(bed.now()),
        address,
        channel: Channel::Whatsapp.into(),
        purpose: Category::Marketing.into(),
        granted,
        source: tidings_domain::consent::Source::WebForm,
        about: About { evidence: Some(r#"{"page":"/offers"}"#.to_owned()), ..About::default() },
        counting: Counting::Now,
        at: bed.now(),
        actor: ACTOR,
    }
}

pub fn inbound(bed: &Bed, scene: &Scene, from: Identities, provider_id: &str) -> NewInbound {
    NewInbound {
        id: bed.ids.next(bed.now()),
        sender: scene.sender,
        provider_id: provider_id.to_owned(),
        from,
        kind: "text".to_owned(),
        text: Some("Where is my parcel?".to_owned()),
        context: None,
        object: r#"{"type":"text"}"#.to_owned(),
        at: bed.now(),
        received_at: bed.now(),
        possible_opt_out: None,
    }
}

/// Commits one callback of the scene's account.
pub async fn call_back(bed: &Bed, scene: &Scene, write: CallbackWrite) {
    let write = CallbackWrite { received_at: bed.now(), ..write };
    bed.store.merge(&scene.scope, scene.account, write).await.expect("a callback is merged");
}

/// Waits until readers of the log may see all of it. On PostgreSQL they stop below the oldest transaction of
/// the whole server, so that another test's can hold them up for a moment.
pub async fn log_settled(bed: &Bed) {
    if bed.kind != Kind::Postgres {
        return;
    }
    let waiting = "SELECT COUNT(*) FROM events WHERE tx >= pg_snapshot_xmin(pg_current_snapshot())";
    for _ in 0..10_000 {
        if bed.count(waiting).await == 0 {
            return;
        }
    }
    panic!("a transaction of another test never ended");
}
mod policy;

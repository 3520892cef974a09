//! Tenants, keys, sessions, the keys that seal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tidings_domain::actor::{Actor, Permission, Role};
use tidings_domain::time::{HOUR, MINUTE, SECOND};
use tidings_store::limits::{KEY_FRESH_US, KEY_GRACE_US, SCOPE_FRESH_US};
use tidings_store::seal::MasterKey;
use tidings_store::{MasterKeys, StoreError};

use super::{ACTOR, account, credentials};
use crate::bed::Bed;
use crate::conformance;

conformance!(
    a_tenant_comes_with_a_key,
    a_revoked_key_opens_nothing,
    a_token_of_another_kind_opens_nothing,
    the_installation_key_is_one,
    a_link_works_once_and_not_for_long,
    a_session_ends,
    a_rate_is_kept,
    data_keys_rotate,
    changed_keys_reach_other_processes,
    the_master_key_rotates,
    a_node_without_the_new_master_key_goes_on,
);

async fn a_tenant_comes_with_a_key(bed: Bed) -> Bed {
    let (scope, tenant, minted) =
        bed.store.create_tenant("Acme", Some(80.0), ACTOR, bed.now()).await.expect("a tenant is made");
    assert!(minted.token.expose().starts_with("tdk_main_"), "the token names its region");
    assert_eq!(minted.token.expose().len(), "tdk_main_".len() + 43);
    assert!(Permission::ALL.iter().all(|permission| minted.key.allows(*permission)));
    let (found, key) = bed
        .store
        .verify_key(minted.token.expose())
        .await
        .expect("it can be asked")
        .expect("the key is known");
    assert_eq!((found.tenant(), key.id, key.role), (scope.tenant(), minted.key.id, Role::TenantAdmin));
    let all = bed.store.list_tenants(&bed.store.system()).await.expect("a list");
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].id, all[0].name.as_str(), all[0].messages_per_s), (tenant.id, "Acme", Some(80.0)));
    let random = minted.token.expose().rsplit('_').next().expect("the last part").to_owned();
    let dump = bed.rows("SELECT name, role FROM api_keys").await.join("\n");
    assert!(!dump.contains(&random), "only a hash is stored");
    bed
}

async fn a_revoked_key_opens_nothing(bed: Bed) -> Bed {
    let (scope, ..) =
        bed.store.create_tenant("Acme", None, ACTOR, bed.now()).await.expect("a tenant is made");
    let bits = Permission::MessagesRead.bit();
    bed.advance(SECOND);
    let minted =
        bed.store.mint_key(&scope, "reports", Role::Analyst, bits, ACTOR, bed.now()).await.expect("a key");
    let token = minted.token.expose().to_owned();
    for _ in 0..2 {
        let (_, key) = bed.store.verify_key(&token).await.expect("it can be asked").expect("known");
        assert!(key.allows(Permission::MessagesRead) && !key.allows(Permission::MessagesWrite));
    }
    let at = bed.advance(1);
    assert!(bed.store.revoke_key(&scope, minted.key.id, ACTOR, at).await.expect("it is revoked"));
    assert!(bed.store.verify_key(&token).await.expect("it can be asked").is_none(), "at once");
    assert!(!bed.store.revoke_key(&scope, minted.key.id, ACTOR, at).await.expect("nothing more"));
    let keys = bed.store.list_keys(&scope).await.expect("a list");
    let revoked: Vec<bool> = keys.iter().map(|key| key.revoked_at.is_some()).collect();
    assert_eq!(revoked, [false, true]);
    bed
}

async fn a_token_of_another_kind_opens_nothing(bed: Bed) -> Bed {
    let (_, _, minted) =
        bed.store.create_tenant("Acme", None, ACTOR, bed.now()).await.expect("a tenant is made");
    let good = minted.token.expose();
    for token in ["", "tdk_main_", "tdk_main_AAAA", &good[..good.len() - 1], &format!("{good}A")] {
        assert!(bed.store.verify_key(token).await.expect("it can be asked").is_none(), "{token}");
        assert!(!bed.store.verify_installation_key(token).await.expect("it can be asked"), "{token}");
        assert!(bed.store.session(token, bed.now()).await.expect("it can be asked").is_none(), "{token}");
    }
    assert!(!bed.store.verify_installation_key(good).await.expect("it can be asked"));
    bed
}

async fn the_installation_key_is_one(bed: Bed) -> Bed {
    assert!(!bed.store.has_installation_key().await.expect("it can be asked"));
    let first = bed.store.mint_installation_key().await.expect("a key");
    assert!(first.expose().starts_with("tdi_"));
    let second = bed.store.mint_installation_key().await.expect("a key");
    assert!(bed.store.has_installation_key().await.expect("it can be asked"));
    assert!(!bed.store.verify_installation_key(first.expose()).await.expect("it can be asked"));
    assert!(bed.store.verify_installation_key(second.expose()).await.expect("it can be asked"));
    assert!(bed.store.verify_key(second.expose()).await.expect("it can be asked").is_none());
    bed
}

async fn a_link_works_once_and_not_for_long(bed: Bed) -> Bed {
    let system = bed.store.system();
    let link = bed.store.mint_login(&system, Role::Operator, None, bed.now()).await.expect("a link");
    let session = bed.store.consume_login(link.expose(), bed.now()).await.expect("works").expect("once");
    assert!(bed.store.consume_login(link.expose(), bed.now()).await.expect("works").is_none(), "twice");
    let found = bed.store.session(session.expose(), bed.now()).await.expect("works").expect("a session");
    assert_eq!((found.role, found.tenant), (Role::Operator, None));
    assert!(matches!(found.actor, Actor::ConsoleUser(_)));
    let late = bed.store.mint_login(&system, Role::Operator, None, bed.now()).await.expect("a link");
    let at = bed.advance(15 * MINUTE);
    assert!(bed.store.consume_login(late.expose(), at).await.expect("works").is_none(), "too late");
    bed
}

async fn a_session_ends(bed: Bed) -> Bed {
    let system = bed.store.system();
    let (scope, ..) =
        bed.store.create_tenant("Acme", None, ACTOR, bed.now()).await.expect("a tenant is made");
    let open = async |bed: &Bed| {
        let (role, tenant) = (Role::TenantAdmin, Some(scope.tenant()));
        let link = bed.store.mint_login(&system, role, tenant, bed.now()).await.expect("a link");
        bed.store.consume_login(link.expose(), bed.now()).await.expect("works").expect("a session")
    };
    let (used, idle, ended) = (open(&bed).await, open(&bed).await, open(&bed).await);
    bed.store.end_session(ended.expose(), bed.now()).await.expect("it ends");
    assert!(bed.store.session(ended.expose(), bed.now()).await.expect("works").is_none());
    for _ in 0..11 {
        let at = bed.advance(HOUR);
        let found = bed.store.session(used.expose(), at).await.expect("works").expect("it is in use");
        assert_eq!(found.tenant, Some(scope.tenant()));
    }
    assert!(bed.store.session(idle.expose(), bed.now()).await.expect("works").is_none(), "nobody used it");
    let at = bed.advance(HOUR);
    assert!(bed.store.session(used.expose(), at).await.expect("works").is_none(), "twelve hours are enough");
    let at = bed.advance(SECOND);
    assert!(bed.store.prune_sessions(&system, at).await.expect("housekeeping") >= 3);
    assert_eq!(bed.count("SELECT COUNT(*) FROM sessions").await, 0);
    bed
}

async fn a_rate_is_kept(bed: Bed) -> Bed {
    let (scope, ..) =
        bed.store.create_tenant("Acme", None, ACTOR, bed.now()).await.expect("a tenant is made");
    let before = bed.store.catalog_version(&scope).await.expect("a number");
    for rate in [Some(2.5), None, Some(1_000.0)] {
        bed.store.set_tenant_rate(&scope, rate, ACTOR, bed.now()).await.expect("it is set");
        let tenant = bed.store.tenant(&scope).await.expect("works").expect("it is there");
        assert_eq!(tenant.messages_per_s, rate);
        assert_eq!(bed.store.catalog(&scope).await.expect("a catalog").tenant_messages_per_s, rate);
    }
    assert_eq!(bed.store.catalog_version(&scope).await.expect("a number"), before + 3);
    bed
}

async fn data_keys_rotate(bed: Bed) -> Bed {
    let (old, ..) = bed.store.create_tenant("Acme", None, ACTOR, bed.now()).await.expect("a tenant is made");
    let before = account(&bed, &old, "1").await;
    let new = bed.store.rotate_data_key(&old, ACTOR, bed.now()).await.expect("a new key");
    assert_eq!(new.hash("phone:+491701234567"), old.hash("phone:+491701234567"), "look-ups stay");
    bed.advance(SECOND);
    let between = account(&bed, &new, "between").await;
    assert_eq!(bed.store.accounts(&old).await.expect("all open").len(), 2, "not sealed by the new key yet");
    bed.advance(KEY_GRACE_US);
    let new = bed.store.refreshed(&new).await.expect("it is there");
    bed.advance(SECOND);
    let after = account(&bed, &new, "2").await;
    let all = bed.store.accounts(&new).await.expect("all open");
    assert_eq!(all.iter().map(|each| each.id).collect::<Vec<_>>(), [before.id, between.id, after.id]);
    assert!(all.iter().all(|each| each.credentials == credentials("token one")));
    assert!(bed.store.accounts(&old).await.is_err(), "the earlier scope has not the new key");
    assert_eq!(
        bed.store.rewrap_keys(&bed.store.system()).await.expect("works"),
        0,
        "the master key is the same"
    );
    let (bed, _) = bed.reopen([7; 32]).await;
    let (scope, _) = bed.store.scope_of_account(after.id).await.expect("works").expect("it is there");
    assert_eq!(bed.store.accounts(&scope).await.expect("all open").len(), 3);
    bed
}

async fn changed_keys_reach_other_processes(bed: Bed) -> Bed {
    let (scope, _, minted) =
        bed.store.create_tenant("Acme", None, ACTOR, bed.now()).await.expect("a tenant is made");
    let other = match bed.open_second().await {
        Ok(other) => other,
        Err(StoreError::Locked) => return bed,
        Err(error) => panic!("a second process opens the store: {error}"),
    };
    let token = minted.token.expose();
    let before = account(&bed, &scope, "1").await;
    let (theirs, _) = other.verify_key(token).await.expect("it can be asked").expect("known");
    assert_eq!(other.accounts(&theirs).await.expect("it opens").len(), 1);

    bed.store.rotate_data_key(&scope, ACTOR, bed.now()).await.expect("a new key");
    bed.advance(KEY_GRACE_US);
    let sealing = bed.store.refreshed(&scope).await.expect("it is there");
    let after = account(&bed, &sealing, "2").await;
    assert!(other.accounts(&theirs).await.is_err(), "it is sealed by the new key");
    let (theirs, _) = other.scope_of_account(before.id).await.expect("it can be asked").expect("known");
    let all = other.accounts(&theirs).await.expect("the other process has the new key");
    assert_eq!(all.iter().map(|each| each.id).collect::<Vec<_>>(), [before.id, after.id]);

    let key = minted.key.id;
    other.verify_key(token).await.expect("it can be asked").expect("not revoked yet");
    assert!(bed.store.revoke_key(&scope, key, ACTOR, bed.now()).await.expect("it is revoked"));
    bed.advance(KEY_FRESH_US);
    assert!(other.verify_key(token).await.expect("it can be asked").is_none(), "revoked everywhere");
    drop(other);
    bed
}

const FIRST: [u8; 32] = [7; 32];
const SECOND_KEY: [u8; 32] = [8; 32];

/// The first key, and the second one once the file has it.
fn from_file(has_second: &Arc<AtomicBool>) -> MasterKeys {
    let has_second = Arc::clone(has_second);
    MasterKeys::single(FIRST).with_source(move || {
        let mut keys = vec![MasterKey::new(1, FIRST)];
        keys.extend(has_second.load(Ordering::Relaxed).then(|| MasterKey::new(2, SECOND_KEY)));
        Some(keys)
    })
}

async fn the_master_key_rotates(bed: Bed) -> Bed {
    let has_second = Arc::new(AtomicBool::new(false));
    let bed = bed.reopen_with(from_file(&has_second)).await.expect("it opens");
    let system = bed.store.system();
    let (scope, ..) =
        bed.store.create_tenant("Acme", None, ACTOR, bed.now()).await.expect("a tenant is made");
    let made = account(&bed, &scope, "1").await;
    assert_eq!(bed.store.rewrap_keys(&system).await.expect("works"), 0, "there is no other key");
    assert_eq!(bed.store.wrapped_by(&system).await.expect("counts"), BTreeMap::from([(1, 3)]));

    has_second.store(true, Ordering::Relaxed);
    assert_eq!(
        bed.store.rewrap_keys(&system).await.expect("works"),
        3,
        "the installation's secret and two keys"
    );
    assert_eq!(bed.store.rewrap_keys(&system).await.expect("works"), 0);
    assert_eq!(bed.store.wrapped_by(&system).await.expect("counts"), BTreeMap::from([(2, 3)]));

    let only = MasterKeys::new(vec![MasterKey::new(2, SECOND_KEY)]).expect("one key");
    let bed = bed.reopen_with(only).await.expect("the first key is not needed any more");
    let (scope, _) = bed.store.scope_of_account(made.id).await.expect("works").expect("it is there");
    assert_eq!(bed.store.accounts(&scope).await.expect("it opens").len(), 1);
    bed
}

async fn a_node_without_the_new_master_key_goes_on(bed: Bed) -> Bed {
    let (scope, _, minted) =
        bed.store.create_tenant("Acme", None, ACTOR, bed.now()).await.expect("a tenant is made");
    account(&bed, &scope, "1").await;
    let other = match bed.open_second().await {
        Ok(other) => other,
        Err(StoreError::Locked) => return bed,
        Err(error) => panic!("a second process opens the store: {error}"),
    };
    let token = minted.token.expose();
    other.verify_key(token).await.expect("it can be asked").expect("known");
    let bed = bed.reopen_with(from_file(&Arc::new(AtomicBool::new(true)))).await.expect("it opens");
    assert_eq!(bed.store.rewrap_keys(&bed.store.system()).await.expect("works"), 3);
    bed.advance(SCOPE_FRESH_US.max(KEY_FRESH_US));
    let (theirs, _) = other.verify_key(token).await.expect("what it has in memory does").expect("known");
    assert_eq!(other.accounts(&theirs).await.expect("it opens").len(), 1);
    assert!(bed.open_second().await.is_err(), "but whoever starts without the new key is told");
    drop(other);
    bed
}

//! One word to somebody who opted out: that it was heard. Off unless the tenant asks for it.

use serde_json::json;

use tidings_domain::actor::{Actor, Role, SystemLoop};
use tidings_domain::address::Address;
use tidings_domain::id::SenderId;
use tidings_store::Store;
use tidings_store::scope::TenantScope;

use crate::caller::Caller;
use crate::catalog::Snapshot;
use crate::intake::AcceptOptions;
use crate::pipeline::Engine;

const WORDS: &str = "You will get no more marketing messages from us. Answer START if you change your mind.";

/// Sends each of them one confirmation; repeated words and repeated callbacks are answered once in seven days. It is a
/// service message within the window that the person's own message opened. What fails here is told in the log: the
/// opt-out itself is stored.
pub(super) async fn opt_outs(
    engine: &Engine,
    region: &str,
    store: &Store,
    scope: &TenantScope,
    snapshot: &Snapshot,
    who: Vec<(Address, SenderId)>,
) {
    let settings = &snapshot.consent.settings;
    if !settings.confirm_opt_out || who.is_empty() {
        return;
    }
    let caller = Caller {
        store: store.clone(),
        scope: scope.clone(),
        permissions: Role::Developer.permissions(),
        role: Role::Developer,
        actor: Actor::System(SystemLoop::Reconcile),
        tenant: scope.tenant(),
        region: region.to_owned(),
    };
    let words = settings.confirmation.as_deref().unwrap_or(WORDS);
    for (address, sender) in who {
        let key = hex(&scope.digest(&[b"opt-out confirmation", address.canonical().as_bytes()]));
        let intent = json!({
            "to": {address.kind(): address.expose()}, "from": sender, "category": "service", "text": {"body": words},
        });
        let options =
            AcceptOptions { idempotency_key: Some(&key), method_path: "opt-out confirmation", trace: None };
        if let Err(error) = engine.accept(&caller, intent.to_string().as_bytes(), options).await {
            tracing::warn!(%error, tenant = %scope.tenant(), "an opt-out could not be confirmed; it stands all the same");
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

//! What accounts need beside single calls: a session on which receipts arrive, a look at their state. The owner of an
//! account's slot keeps it, and nobody else; what arrives is stored as a callback is.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use tidings_domain::clock::BoxFuture;
use tidings_domain::credentials::{Credentials, ProviderKind};
use tidings_domain::fact::CallbackEntry;
use tidings_domain::id::AccountId;
use tidings_domain::provider::{Attended, Inbox, InboxClosed};
use tidings_store::Store;

use crate::error::Result;
use crate::limits::{ATTEND_LINGER_US, ATTEND_LOOK_US, ATTENDED_MAX, LOOP_AGAIN_US};
use crate::pipeline::Engine;

/// One account that is attended to. It ends when this is dropped.
struct Duty {
    credentials: Credentials,
    sender_refs: Vec<String>,
    task: JoinHandle<()>,
}

impl Drop for Duty {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where an adapter hands in what arrived for its account.
struct Door {
    engine: Engine,
    region: String,
    account: AccountId,
}

impl Inbox for Door {
    fn take(&self, entries: Vec<CallbackEntry>) -> BoxFuture<'_, std::result::Result<(), InboxClosed>> {
        Box::pin(async move {
            self.engine.take_in(&self.region, self.account, entries).await.map_err(|error| {
                tracing::warn!(%error, account = %self.account, "what arrived could not be stored; it is asked for again");
                InboxClosed
            })
        })
    }
}

/// Attends to the accounts of this node's slots until stopped.
pub(crate) async fn run(engine: Engine, region: String, store: Store, stop: CancellationToken) {
    let elsewhere = |kind: &ProviderKind| *kind != ProviderKind::Cloud;
    let mut kinds = ProviderKind::ALL.into_iter().filter(elsewhere);
    if !kinds.any(|kind| engine.0.providers.get(kind).is_some()) {
        return stop.cancelled().await;
    }
    let mut duties = BTreeMap::new();
    loop {
        if let Err(error) = look(&engine, &region, &store, &mut duties).await {
            tracing::warn!(%error, region, "accounts could not be looked for; trying again");
        }
        if stop.run_until_cancelled(engine.0.clock.sleep(ATTEND_LOOK_US)).await.is_none() {
            break;
        }
    }
    engine.0.clock.sleep(ATTEND_LINGER_US).await;
}

/// Begins what is missing, ends what is not ours any more, and begins anew what changed or broke.
async fn look(
    engine: &Engine,
    region: &str,
    store: &Store,
    duties: &mut BTreeMap<AccountId, Duty>,
) -> Result<()> {
    let slots = engine.0.wakes.mailbox(region).holdings.open_set();
    let ours =
        if slots.is_empty() { Vec::new() } else { store.accounts_elsewhere(&store.system(), slots).await? };
    duties.retain(|account, _| ours.binary_search(account).is_ok());
    for account in ours {
        if duties.len() >= ATTENDED_MAX && !duties.contains_key(&account) {
            tracing::error!(region, %account, "this node attends to as many accounts as it may");
            continue;
        }
        let door = engine.door(region, &account.to_string()).await?;
        let (own, snapshot) = (door.account(), &door.snapshot);
        let senders = snapshot.senders.values().filter(|sender| sender.account == account);
        let sender_refs: Vec<String> = senders.map(|sender| sender.provider_ref.clone()).collect();
        let same = |duty: &Duty| duty.credentials == own.credentials && duty.sender_refs == sender_refs;
        if duties.get(&account).is_some_and(same) {
            continue;
        }
        let Some(provider) = engine.0.providers.get(own.provider).map(Arc::clone) else { continue };
        // The one before must be gone first: there may be one session only.
        duties.remove(&account);
        let inbox = Door { engine: engine.clone(), region: region.to_owned(), account };
        let attended = Attended {
            account,
            account_ref: own.provider_ref.clone(),
            sender_refs: sender_refs.clone(),
            credentials: own.credentials.clone(),
            inbox: Arc::new(inbox),
        };
        let clock = Arc::clone(&engine.0.clock);
        let task = tokio::spawn(async move {
            while AssertUnwindSafe(provider.attend(attended.clone())).catch_unwind().await.is_err() {
                tracing::error!(%account, "the adapter panicked while attending; it begins again");
                clock.sleep(LOOP_AGAIN_US).await;
            }
        });
        duties.insert(account, Duty { credentials: own.credentials.clone(), sender_refs, task });
    }
    Ok(())
}

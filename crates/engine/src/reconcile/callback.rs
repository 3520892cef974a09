//! A provider's callback: verify, parse, store whole, then answer.

use std::sync::Arc;

use tidings_domain::credentials::ProviderKind;
use tidings_domain::fact::CallbackEntry;
use tidings_domain::failure::ShapingAction;
use tidings_domain::id::{AccountId, Id};
use tidings_domain::policy::tier_recipients;
use tidings_domain::provider::{Callback, CallbackError, Provider};
use tidings_store::Store;
use tidings_store::model::{Account, CallbackWrite, LaneSignal, Merged};
use tidings_store::scope::TenantScope;

use super::effects::{self, Effects};
use super::{complaints, confirm};
use crate::catalog::Snapshot;
use crate::dispatch::failure_entry;
use crate::dispatch::wake::Signal;
use crate::error::{EngineError, Result};
use crate::limits::CALLBACK_ACCOUNTS_MAX;
use crate::metrics::Counter;
use crate::pipeline::Engine;

/// Everything that a callback address stands for.
pub(super) struct Door {
    store: Store,
    scope: TenantScope,
    pub(super) snapshot: Arc<Snapshot>,
    account: AccountId,
}

impl Door {
    pub(super) fn account(&self) -> &Account {
        self.snapshot.accounts.get(&self.account).expect("the door was opened with this account")
    }
}

fn add<T>(parts: &mut Vec<(AccountId, Vec<T>)>, id: AccountId, entry: T) {
    match parts.iter_mut().find(|(account, _)| *account == id) {
        Some((_, list)) => list.push(entry),
        None => parts.push((id, vec![entry])),
    }
}

impl Engine {
    /// The address at which an account's provider calls us, as a path.
    pub fn callback_path(&self, account: &Account, region: &str) -> String {
        format!("/callbacks/{region}/{}", account.id)
    }

    /// Answers the set-up handshake.
    pub async fn handshake(&self, region: &str, account: &str, query: &[(String, String)]) -> Result<String> {
        let door = self.door(region, account).await?;
        let provider = self.provider(door.account())?;
        provider.handshake(&door.account().credentials, query).ok_or(EngineError::Unauthorized)
    }

    /// Takes a callback. `Ok` only after its effects are durable.
    pub async fn callback(&self, region: &str, account: &str, callback: Callback<'_>) -> Result<()> {
        let door = self.door(region, account).await.inspect_err(|_| {
            self.0.metrics.add(Counter::callbacks_refused, 1);
        })?;
        let provider = self.provider(door.account())?;
        let entries = self.read(provider, &door, callback)?;
        for (account, entries) in self.by_account(provider, &door, callback, entries) {
            self.apply(region, &door, account, entries).await?;
        }
        self.0.metrics.add(Counter::callbacks, 1);
        self.tick();
        Ok(())
    }

    /// Whether an account's provider could bring this: what a mail server asks before it sends the mail itself.
    pub async fn would_take(&self, region: &str, account: &str, callback: Callback<'_>) -> Result<bool> {
        let door = match self.door(region, account).await {
            Ok(door) => door,
            Err(EngineError::NotFound(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        Ok(self.provider(door.account())?.verify(&door.account().credentials, callback).is_ok())
    }

    fn read(
        &self,
        provider: &Arc<dyn Provider>,
        door: &Door,
        callback: Callback<'_>,
    ) -> Result<Vec<CallbackEntry>> {
        let read =
            provider.verify(&door.account().credentials, callback).and_then(|()| provider.parse(callback));
        read.map_err(|error| {
            self.0.metrics.add(Counter::callbacks_refused, 1);
            match error {
                CallbackError::Signature => EngineError::Unauthorized,
                CallbackError::Malformed => EngineError::invalid(
                    "",
                    "callback.malformed",
                    "The body is not a callback of this provider.",
                ),
            }
        })
    }

    /// Which account each entry is for. An entry of another account counts only if that account is the
    /// same tenant's and its own secret verifies the body as well; the rest stays with the door as unknown.
    fn by_account(
        &self,
        provider: &Arc<dyn Provider>,
        door: &Door,
        callback: Callback<'_>,
        entries: Vec<CallbackEntry>,
    ) -> Vec<(AccountId, Vec<(bool, CallbackEntry)>)> {
        let mut parts: Vec<(AccountId, Vec<(bool, CallbackEntry)>)> = Vec::with_capacity(1);
        for entry in entries {
            if entry.account_ref.is_empty() {
                add(&mut parts, door.account, (true, entry));
                continue;
            }
            let owner = door.snapshot.accounts.values().find(|account| {
                account.provider_ref == entry.account_ref
                    && (account.id == door.account || provider.verify(&account.credentials, callback).is_ok())
            });
            let (id, ours) = owner.map_or((door.account, false), |account| (account.id, true));
            add(&mut parts, id, (ours, entry));
        }
        parts
    }

    async fn apply(
        &self,
        region: &str,
        door: &Door,
        account: AccountId,
        entries: Vec<(bool, CallbackEntry)>,
    ) -> Result<()> {
        let now = self.now();
        let provider = door.snapshot.accounts.get(&account).map_or(ProviderKind::Cloud, |it| it.provider);
        let mut effects = Effects::new(&self.0.ids, &door.scope, (account, provider.channel()), now);
        effects.provider = provider;
        for (ours, mut entry) in entries {
            if ours {
                complaints::name(&door.store, &door.scope, &mut entry).await?;
                effects::gather(&mut effects, &door.snapshot, entry);
            } else {
                effects.keep_entry(entry);
            }
        }
        let Effects { write, signals, opted_out, tier, .. } = effects;
        if let Some(tier) = tier
            && let Some(recipients) = tier_recipients(&tier)
            && door
                .store
                .learn_portfolio_limit(&door.scope, door.snapshot.pool(account), recipients, &tier, now)
                .await?
        {
            self.0.catalogs.drop_copy(door.scope.tenant());
        }
        self.0.metrics.add(Counter::receipts, write.receipts.len() as u64);
        self.0.metrics.add(Counter::callbacks_unknown, write.kept.len() as u64);
        self.0.metrics.add(Counter::inbound_messages, write.inbound.len() as u64);
        let templates = !write.templates.is_empty();
        let merged = self.merge(door, account, write).await?;
        let kept = merged.iter().filter(|each| **each == Merged::Kept).count();
        self.0.metrics.add(Counter::receipts_kept, kept as u64);
        for each in &merged {
            if let Merged::Moved { message, trace, to, .. } = each {
                tracing::debug!(%trace, msg = %message, state = to.as_str(), "a receipt was joined");
            }
        }
        confirm::opt_outs(self, region, &door.store, &door.scope, &door.snapshot, opted_out).await;
        if templates {
            self.0.catalogs.drop_copy(door.scope.tenant());
            self.0.wakes.everything(region);
        }
        self.pass_on(region, door, account, signals).await
    }

    /// What a provider said about a sender is for the owner of its lane, here or on another node.
    async fn pass_on(
        &self,
        region: &str,
        door: &Door,
        account: AccountId,
        signals: Vec<Signal>,
    ) -> Result<()> {
        let slot = door.snapshot.accounts.get(&account).map_or(0, |account| account.slot);
        let mailbox = self.0.wakes.mailbox(region);
        if mailbox.holdings.serves(slot) {
            signals.into_iter().for_each(|signal| self.0.wakes.signal(region, signal));
            return Ok(());
        }
        let at = self.now();
        let left: Vec<LaneSignal> = signals
            .into_iter()
            .filter(|signal| failure_entry(signal.code).action != ShapingAction::None)
            .map(|signal| LaneSignal { slot, sender: signal.sender, code: signal.code, at })
            .collect();
        if !left.is_empty() {
            door.store.post_signals(&door.store.system(), left).await?;
            mailbox.hint(slot);
        }
        Ok(())
    }

    async fn merge(&self, door: &Door, account: AccountId, write: CallbackWrite) -> Result<Vec<Merged>> {
        Ok(door.store.merge(&door.scope, account, write).await?)
    }

    /// Stores what came in on an account's own connection, as a callback is stored. `Ok` says that it is durable.
    pub(super) async fn take_in(
        &self,
        region: &str,
        account: AccountId,
        entries: Vec<CallbackEntry>,
    ) -> Result<()> {
        let door = self.door(region, &account.to_string()).await?;
        let own = &door.account().provider_ref;
        let entries = entries.into_iter().map(|entry| (entry.account_ref == *own, entry)).collect();
        self.apply(region, &door, account, entries).await?;
        self.tick();
        Ok(())
    }

    pub(super) async fn door(&self, region: &str, account: &str) -> Result<Door> {
        let missing = || EngineError::NotFound("callback address");
        let store = self.region(region).ok_or_else(missing)?.clone();
        let account = AccountId::parse(account).map_err(|_| missing())?;
        let known = self.0.callback_scopes.lock().get(&account).cloned();
        let scope = match known {
            Some(scope) => store.refreshed(&scope).await?,
            None => {
                let (scope, _) = store.scope_of_account(account).await?.ok_or_else(missing)?;
                let mut scopes = self.0.callback_scopes.lock();
                if scopes.len() >= CALLBACK_ACCOUNTS_MAX {
                    scopes.clear();
                }
                scopes.insert(account, scope.clone());
                scope
            }
        };
        let snapshot = self.0.catalogs.get(&store, &scope, self.now()).await?;
        if !snapshot.accounts.contains_key(&account) {
            return Err(missing());
        }
        Ok(Door { store, scope, snapshot, account })
    }

    pub(crate) fn provider(&self, account: &Account) -> Result<&Arc<dyn Provider>> {
        self.0.providers.get(account.provider).ok_or(EngineError::NotFound("provider"))
    }
}

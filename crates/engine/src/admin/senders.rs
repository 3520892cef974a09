//! Senders: the identities that messages come from.

use tokio::sync::oneshot;

use tidings_domain::actor::Permission;
use tidings_domain::address::originator;
use tidings_domain::category::Channel;
use tidings_domain::id::{AccountId, SenderId};
use tidings_domain::problem;
use tidings_domain::provider::SenderHealth;
use tidings_store::model::Sender;

use super::accounts::check_ref;
use super::tenants::check_rate;
use crate::caller::Caller;
use crate::dispatch::LaneView;
use crate::error::{EngineError, Result};
use crate::limits::{LANES_SHOW_US, PROVIDER_REF_CHARS_MAX};
use crate::pipeline::Engine;

#[derive(Debug)]
pub struct NewSender {
    pub account: AccountId,
    /// That of the account's provider unless given.
    pub channel: Option<Channel>,
    pub address: String,
    /// The address, where the provider has no other name for it.
    pub provider_ref: Option<String>,
    pub messages_per_s: Option<f64>,
}

impl Engine {
    pub async fn create_sender(&self, caller: &Caller, new: NewSender) -> Result<Sender> {
        caller.require(Permission::AccountsWrite)?;
        check_rate("messages_per_s", new.messages_per_s)?;
        let account = self.account(caller, new.account).await.map_err(|error| match error {
            EngineError::NotFound(_) => {
                EngineError::invalid("account", "account.unknown", "There is no account with this id.")
            }
            other => other,
        })?;
        let channel = account.provider.channel();
        if new.channel.is_some_and(|wanted| wanted != channel) {
            return Err(EngineError::invalid(
                "channel",
                "channel.unsupported",
                format!("The account's provider carries `{channel}`; leave `channel` out or give that."),
            ));
        }
        let address =
            problem::under("address", originator(channel, &new.address)).map_err(EngineError::Invalid)?;
        let provider_ref = name_at_provider(channel, new.provider_ref, &address)?;
        let rate = new.messages_per_s.unwrap_or(self.0.config.sender_messages_per_s);
        let sender = caller
            .store
            .create_sender(
                &caller.scope,
                account.id,
                channel,
                &address,
                &provider_ref,
                rate,
                caller.actor,
                self.now(),
            )
            .await?;
        self.changed(caller);
        Ok(sender)
    }

    pub async fn senders(&self, caller: &Caller) -> Result<Vec<Sender>> {
        caller.require(Permission::AccountsRead)?;
        Ok(caller.store.senders(&caller.scope).await?)
    }

    pub async fn sender(&self, caller: &Caller, id: SenderId) -> Result<Sender> {
        caller.require(Permission::AccountsRead)?;
        self.own_sender(caller, id).await
    }

    pub(crate) async fn own_sender(&self, caller: &Caller, id: SenderId) -> Result<Sender> {
        caller.store.sender(&caller.scope, id).await?.ok_or(EngineError::NotFound("sender"))
    }

    pub async fn patch_sender(&self, caller: &Caller, id: SenderId, messages_per_s: f64) -> Result<Sender> {
        caller.require(Permission::AccountsWrite)?;
        check_rate("messages_per_s", Some(messages_per_s))?;
        self.own_sender(caller, id).await?;
        caller.store.set_sender_rate(&caller.scope, id, messages_per_s, caller.actor, self.now()).await?;
        self.changed(caller);
        self.own_sender(caller, id).await
    }

    /// Asks the provider how the sender does.
    pub async fn sender_health(&self, caller: &Caller, id: SenderId) -> Result<SenderHealth> {
        let sender = self.sender(caller, id).await?;
        let account = self.account(caller, sender.account).await?;
        let provider = self.provider(&account)?;
        Ok(provider.sender_health(&account.credentials, &sender.provider_ref).await?)
    }

    /// The lane of a sender: its phase, its buckets, what waits. Where another node owns it, as that node
    /// last showed it.
    pub async fn lane(&self, caller: &Caller, id: SenderId) -> Result<LaneView> {
        let sender = self.sender(caller, id).await?;
        let snapshot = self.0.catalogs.get(&caller.store, &caller.scope, self.now()).await?;
        let mailbox = self.0.wakes.mailbox(&caller.region);
        let view = if mailbox.holdings.serves(snapshot.slot(id)) {
            let (answer, view) = oneshot::channel();
            mailbox.post(|work| work.views.push((id, answer)));
            tokio::select! {
                view = view => view.ok().flatten(),
                // The keeper is busy with its store.
                () = self.0.clock.sleep(crate::limits::LANE_VIEW_US) => None,
            }
        } else {
            self.shown_lane(caller, id, snapshot.slot(id)).await?
        };
        let mut view = view.unwrap_or_else(|| LaneView::idle(id, sender.messages_per_s));
        let depths = caller.store.queue_depths(&caller.store.system(), id).await?;
        view.set_depths(depths);
        Ok(view)
    }

    /// A lane as its owner showed it within the last moments; else who owns it.
    async fn shown_lane(&self, caller: &Caller, id: SenderId, slot: u8) -> Result<Option<LaneView>> {
        let sys = caller.store.system();
        let (nodes, slots, _) = caller.store.nodes(&sys, self.now()).await?;
        let owner = slots.iter().find(|each| each.slot == slot).map(|each| each.owner.as_str());
        let Some(node) = nodes.into_iter().find(|node| Some(node.id.as_str()) == owner) else {
            return Ok(None);
        };
        let shown = caller.store.shown_lane(&sys, id).await?;
        let fresh = self.now().plus(-LANES_SHOW_US * 4);
        let known = shown.filter(|shown| shown.node == node.id && shown.at > fresh);
        let (mut view, as_of) = match known {
            Some(shown) => match serde_json::from_str::<LaneView>(&shown.view) {
                Ok(view) => (view, shown.at),
                Err(_) => return Ok(None),
            },
            // Whatever has work is shown.
            None => (LaneView::idle(id, self.0.config.sender_messages_per_s), self.now()),
        };
        (view.node, view.as_of) = (Some(node.name), Some(as_of));
        Ok(Some(view))
    }
}

/// What the provider calls the sender.
fn name_at_provider(channel: Channel, given: Option<String>, address: &str) -> Result<String> {
    match (channel, given) {
        (Channel::Whatsapp, given) => {
            let given = given.unwrap_or_default();
            check_ref("provider_ref", &given)?;
            Ok(given)
        }
        (Channel::Sms | Channel::Email, None) => Ok(address.to_owned()),
        (Channel::Sms | Channel::Email, Some(given)) => {
            let plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
            if given.is_empty() || given.len() > PROVIDER_REF_CHARS_MAX || !given.bytes().all(plain) {
                return Err(EngineError::invalid(
                    "provider_ref",
                    "provider_ref.form",
                    "Give what the provider calls the sender in printable ASCII, or leave it out: then it is the address.",
                ));
            }
            Ok(given)
        }
    }
}

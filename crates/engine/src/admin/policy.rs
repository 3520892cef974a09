//! A tenant's settings of policy, and the packs that hold where it has set nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use tidings_domain::actor::Permission;
use tidings_domain::id::{AccountId, RuleId};
use tidings_domain::policy::{Pack, Settings, packs};
use tidings_domain::time::Timestamp;
use tidings_store::model::Hash16;

use crate::caller::Caller;
use crate::error::{EngineError, Result};
use crate::limits::POLICY_RULES_MAX;
use crate::pipeline::Engine;
use crate::policy::{Limit, RuleText, TenantRule};

/// The settings in force, with what they come to.
#[derive(Debug, Serialize)]
pub struct PolicyView {
    /// 0: nothing was set, the installation's defaults hold.
    pub version: i64,
    pub settings: Settings,
    /// Of the portfolio with the least room.
    pub messaging_limit: LimitView,
    /// Of each portfolio; an account whose portfolio is not known is one of its own.
    pub messaging_limits: Vec<LimitView>,
}

/// How much of the messaging limit is used.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LimitView {
    /// The provider's id of the portfolio, where it is known.
    pub portfolio: Option<String>,
    pub accounts: Vec<AccountId>,
    /// What the platform said last, in its words.
    pub tier: Option<String>,
    pub learned_at: Option<Timestamp>,
    /// The smaller one of the platform's and the tenant's own; absent: unlimited.
    pub recipients_per_day: Option<u32>,
    /// Of them, those that other categories than authentication may use.
    pub for_others: Option<u32>,
    /// People reached in the last 24 hours; counted only while there is a limit.
    pub reached: Option<u32>,
}

/// A version of the settings.
#[derive(Debug, Serialize)]
pub struct PolicyVersion {
    pub version: i64,
    pub settings: serde_json::Value,
    pub actor: String,
    pub at: Timestamp,
}

/// A rule of the tenant's own.
#[derive(Debug, Serialize)]
pub struct RuleView {
    pub id: RuleId,
    pub version: i64,
    /// Steps that one evaluation takes at most.
    pub cost: u32,
    pub created_at: Timestamp,
    #[serde(flatten)]
    pub text: RuleText,
}

impl Engine {
    /// Puts a tenant's settings in force as a whole; what is left out is as the program has it.
    pub async fn set_policy(&self, caller: &Caller, body: &[u8]) -> Result<PolicyView> {
        caller.require(Permission::AccountsWrite)?;
        let settings = Settings::parse(body).map_err(EngineError::Invalid)?;
        caller.store.set_policy(&caller.scope, settings.to_json(), caller.actor, self.now()).await?;
        self.changed(caller);
        self.policy(caller).await
    }

    pub async fn policy(&self, caller: &Caller) -> Result<PolicyView> {
        caller.require(Permission::AccountsRead)?;
        let now = self.now();
        let snapshot = self.0.catalogs.get(&caller.store, &caller.scope, now).await?;
        let policy = &snapshot.policy;
        let mut pools: BTreeMap<Hash16, LimitView> = BTreeMap::new();
        for account in snapshot.accounts.values() {
            let view = pools.entry(account.pool).or_default();
            view.portfolio.clone_from(&account.portfolio);
            view.accounts.push(account.id);
        }
        for (pool, view) in &mut pools {
            let (limit, learned) = (policy.limit(*pool), policy.portfolio(*pool));
            view.tier = learned.map(|learned| learned.tier.clone());
            view.learned_at = learned.map(|learned| learned.at);
            view.recipients_per_day = limit.map(|Limit { recipients, .. }| recipients);
            view.for_others = limit.map(|Limit { for_others, .. }| for_others);
            if limit.is_some() {
                view.reached = Some(caller.store.reach(&caller.scope, *pool, None, now).await?.recipients);
            }
        }
        let messaging_limits: Vec<LimitView> = pools.into_values().collect();
        let room = |view: &&LimitView| match (view.recipients_per_day, view.reached) {
            (Some(most), Some(reached)) => most.saturating_sub(reached),
            _ => u32::MAX,
        };
        Ok(PolicyView {
            version: policy.settings_version,
            settings: policy.settings.clone(),
            messaging_limit: messaging_limits.iter().min_by_key(room).cloned().unwrap_or_default(),
            messaging_limits,
        })
    }

    /// Every version of the settings, newest first.
    pub async fn policy_history(&self, caller: &Caller) -> Result<Vec<PolicyVersion>> {
        caller.require(Permission::AccountsRead)?;
        let stored = caller.store.policy_history(&caller.scope).await?;
        let version = |stored: tidings_store::model::StoredSettings| PolicyVersion {
            version: stored.version,
            settings: serde_json::from_str(&stored.body).unwrap_or_default(),
            actor: stored.actor,
            at: stored.at,
        };
        Ok(stored.into_iter().map(version).collect())
    }

    /// Puts a rule of the tenant's own in force.
    pub async fn add_policy_rule(&self, caller: &Caller, text: RuleText) -> Result<RuleView> {
        caller.require(Permission::AccountsWrite)?;
        let expression = text.check().map_err(EngineError::Invalid)?;
        let snapshot = self.0.catalogs.get(&caller.store, &caller.scope, self.now()).await?;
        expression
            .check_purposes(&text.when, |purpose| snapshot.purpose(purpose).is_some())
            .map_err(|misfit| EngineError::invalid("when", "rule.expression", misfit.to_string()))?;
        let body = serde_json::to_string(&text).expect("a rule has only string keys");
        let (store, scope) = (&caller.store, &caller.scope);
        let added = store
            .add_policy_rule(scope, &text.name, body, POLICY_RULES_MAX, caller.actor, self.now())
            .await?
            .ok_or_else(|| {
                let detail = format!(
                    "A rule in force has this name, or there are {POLICY_RULES_MAX} already; remove one first."
                );
                EngineError::invalid("name", "rule.taken", detail)
            })?;
        self.changed(caller);
        Ok(RuleView {
            id: added.id,
            version: added.version,
            cost: expression.cost,
            created_at: added.created_at,
            text,
        })
    }

    pub async fn remove_policy_rule(&self, caller: &Caller, id: RuleId) -> Result<()> {
        caller.require(Permission::AccountsWrite)?;
        if !caller.store.remove_policy_rule(&caller.scope, id, caller.actor, self.now()).await? {
            return Err(EngineError::NotFound("rule"));
        }
        self.changed(caller);
        Ok(())
    }

    /// The rules in force.
    pub async fn policy_rules(&self, caller: &Caller) -> Result<Vec<RuleView>> {
        caller.require(Permission::AccountsRead)?;
        let snapshot = self.0.catalogs.get(&caller.store, &caller.scope, self.now()).await?;
        let view = |rule: &TenantRule| RuleView {
            id: rule.id,
            version: i64::from(rule.version),
            cost: rule.expression.cost,
            created_at: rule.created_at,
            text: rule.text.clone(),
        };
        Ok(snapshot.policy.rules.rules.iter().map(view).collect())
    }

    /// The hours of every country as they are known.
    pub fn policy_packs(&self, caller: &Caller) -> Result<Vec<&'static Pack>> {
        caller.require(Permission::AccountsRead)?;
        Ok(packs().collect())
    }
}

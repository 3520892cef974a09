//! Signing in to the console: a one-time link becomes a session.

use tidings_domain::actor::{Actor, Role};
use tidings_domain::id::TenantId;
use tidings_domain::secret::Secret;

use crate::caller::{Caller, Operator};
use crate::error::{EngineError, Result};
use crate::pipeline::Engine;

/// Who is signed in.
#[derive(Clone)]
pub struct Session {
    pub role: Role,
    pub actor: Actor,
    /// Set where the session belongs to one tenant; an operator's belongs to none.
    pub tenant: Option<TenantId>,
}

impl Engine {
    /// Makes a link token that works once and for a short while.
    pub async fn mint_login(&self, operator: &Operator, tenant: Option<TenantId>) -> Result<Secret> {
        let _ = operator;
        let role = if tenant.is_some() { Role::TenantAdmin } else { Role::Operator };
        let store = self.0.regions.default_store();
        Ok(store.mint_login(&store.system(), role, tenant, self.now()).await?)
    }

    /// The operator of this very process, for the link it prints when it starts.
    pub fn local_operator(&self) -> Operator {
        Operator { actor: Actor::Installation }
    }

    /// Consumes a link token; the answer is the session's token.
    pub async fn login(&self, token: &str) -> Result<Secret> {
        let store = self.0.regions.default_store();
        store.consume_login(token, self.now()).await?.ok_or(EngineError::Unauthorized)
    }

    pub async fn session(&self, token: &str) -> Result<Session> {
        let store = self.0.regions.default_store();
        let found = store.session(token, self.now()).await?.ok_or(EngineError::Unauthorized)?;
        Ok(Session { role: found.role, actor: found.actor, tenant: found.tenant })
    }

    pub async fn logout(&self, token: &str) -> Result<()> {
        Ok(self.0.regions.default_store().end_session(token, self.now()).await?)
    }

    /// The tenants that a session may look at, by name.
    pub async fn session_tenants(&self, session: &Session) -> Result<Vec<tidings_store::model::Tenant>> {
        let all = self.tenants(&self.local_operator()).await?;
        Ok(all.into_iter().filter(|each| session.tenant.is_none_or(|own| own == each.id)).collect())
    }

    /// Acts within a tenant with the rights of the session.
    pub async fn session_caller(&self, session: &Session, tenant: TenantId) -> Result<Caller> {
        if session.tenant.is_some_and(|own| own != tenant) {
            return Err(EngineError::NotFound("tenant"));
        }
        let mut caller = self.caller_for(&Operator { actor: session.actor }, tenant).await?;
        caller.role = session.role;
        caller.permissions = session.role.permissions();
        Ok(caller)
    }
}

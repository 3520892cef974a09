//! Who is signed in, and which tenant they look at.

use askama::Template;
use axum::extract::FromRequestParts;
use axum::response::{Html, IntoResponse, Redirect, Response};
use http::StatusCode;
use http::request::Parts;
use tidings_domain::actor::{Permission, Role};
use tidings_domain::id::{Id, TenantId};
use tidings_engine::store_model::AttentionKind;
use tidings_engine::{Caller, EngineError};

use super::view::pages::ProblemPage;
use super::view::{Choice, Frame, Section};
use super::{cookies, csrf};
use crate::limits::DEAD_COUNTED_MAX;
use crate::problem::Problem;
use crate::state::AppState;

/// A session with the tenant it looks at.
pub struct Viewer {
    pub state: AppState,
    pub caller: Caller,
    pub role: Role,
    pub tenant_name: String,
    pub tenants: Vec<(TenantId, String)>,
    /// The session's own secret.
    pub token: String,
}

/// What a page answers when it cannot be shown.
pub enum Refusal {
    SignIn,
    NoTenant,
    Problem(Problem),
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Unauthorized => Self::SignIn,
            other => Self::Problem(other.into()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::SignIn => Redirect::to("/console/sign-in").into_response(),
            Self::NoTenant => {
                let frame = Frame { live: false, ..Frame::new("No tenant yet", None) };
                let page = ProblemPage {
                    frame,
                    heading: "There is no tenant yet".to_owned(),
                    detail: "Make one with `tidings tenant create NAME`, then reload this page.".to_owned(),
                    back: "/console".to_owned(),
                };
                html(&page)
            }
            Self::Problem(problem) => {
                let status =
                    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let frame = Frame { live: false, ..Frame::new(problem.title.to_string(), None) };
                let page = ProblemPage {
                    frame,
                    heading: problem.title.to_string(),
                    detail: problem.detail,
                    back: "/console".to_owned(),
                };
                (status, html(&page)).into_response()
            }
        }
    }
}

/// A rendered page.
pub fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

impl FromRequestParts<AppState> for Viewer {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let token = cookies::get(&parts.headers, cookies::session_name(state.tls)).ok_or(Refusal::SignIn)?;
        let wanted = cookies::get(&parts.headers, cookies::tenant_name(state.tls));
        Self::of(state, token, wanted.and_then(|text| TenantId::parse(text).ok())).await
    }
}

impl Viewer {
    pub async fn of(state: &AppState, token: &str, wanted: Option<TenantId>) -> Result<Self, Refusal> {
        let engine = &state.engine;
        let session = engine.session(token).await?;
        let tenants: Vec<(TenantId, String)> = engine
            .session_tenants(&session)
            .await?
            .into_iter()
            .map(|tenant| (tenant.id, tenant.name))
            .collect();
        let chosen = tenants.iter().find(|(id, _)| Some(*id) == wanted).or(tenants.first());
        let (id, tenant_name) = chosen.cloned().ok_or(Refusal::NoTenant)?;
        let caller = engine.session_caller(&session, id).await?;
        let role = session.role;
        Ok(Self { state: state.clone(), caller, role, tenant_name, tenants, token: token.to_owned() })
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.caller.require(permission).is_ok()
    }

    /// The frame of a page: what is paused and what needs attention is seen from everywhere.
    pub async fn frame(&self, title: impl Into<String>, section: Section) -> Result<Frame, Refusal> {
        let engine = &self.state.engine;
        let mut frame = Frame::new(title, Some(section));
        frame.csrf = csrf::token(&self.token);
        frame.who = self.role.as_str().replace('_', " ");
        frame.tenant_name = self.tenant_name.clone();
        frame.operator = self.role == Role::Operator;
        frame.may_pause = self.may(Permission::PausesWrite);
        frame.tenants = self
            .tenants
            .iter()
            .map(|(id, name)| Choice {
                value: id.to_string(),
                label: name.clone(),
                selected: *id == self.caller.tenant,
            })
            .collect();
        if self.may(Permission::MessagesRead) {
            let dead =
                engine.attention(&self.caller, &[AttentionKind::Dead], None, Some(DEAD_COUNTED_MAX)).await?;
            frame.attention = dead.items.len() as u64;
        }
        if self.may(Permission::AccountsRead) {
            let pauses = engine.pauses(&self.caller).await?;
            let mut words: Vec<String> = pauses.iter().take(3).map(super::pauses::in_words).collect();
            if pauses.len() > words.len() {
                words.push(format!("{} more", pauses.len() - words.len()));
            }
            frame.pauses = words.join(", ");
        }
        Ok(frame)
    }
}

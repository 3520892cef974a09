//! Policy: a tenant's settings, the packs of hours, the dry run.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use tidings_domain::policy::Pack;
use tidings_domain::time::Timestamp;
use tidings_engine::policy::cel::VARIABLES;
use tidings_engine::policy::{AnnouncedView, AudienceRequest, RuleText};
use utoipa::{IntoParams, ToSchema};

use crate::api::v1::schema::{
    Audience, AudienceReport, Evaluation, Intent, PolicyHistory, PolicyRule, PolicyRuleList, PolicyRuleView,
    PolicySettings, PolicyView,
};
use crate::error::Result;
use crate::extract::{Json, Key, OperatorKey, Query, Raw, path_id};
use crate::state::AppState;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EvaluateAt {
    /// Judge as if it were this time.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// Ask what policy would decide
///
/// The same checks as sending, with nothing stored.
#[utoipa::path(
    post, path = "/v1/policy/evaluate", operation_id = "evaluatePolicy", tag = "policy", request_body = Intent,
    params(EvaluateAt),
    responses((status = 200, description = "The verdict and the decisions behind it", body = Evaluation)),
)]
pub async fn evaluate_policy(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(query): Query<EvaluateAt>,
    Raw(body): Raw,
) -> Result<Response> {
    Ok(Json(state.engine.evaluate(&caller, &body, query.at).await?).into_response())
}

/// Show the settings of policy
#[utoipa::path(
    get, path = "/v1/policy/settings", operation_id = "getPolicySettings", tag = "policy",
    responses((status = 200, description = "What holds for this tenant", body = PolicyView)),
)]
pub async fn get_policy(State(state): State<AppState>, Key(caller): Key) -> Result<Response> {
    Ok(Json(state.engine.policy(&caller).await?).into_response())
}

/// Replace the settings of policy
///
/// The body is the whole document; what is left out is as it comes with the program. Each change is a new version,
/// and an event in the log.
#[utoipa::path(
    put, path = "/v1/policy/settings", operation_id = "setPolicySettings", tag = "policy",
    request_body = PolicySettings,
    responses((status = 200, description = "In force", body = PolicyView)),
)]
pub async fn set_policy(State(state): State<AppState>, Key(caller): Key, Raw(body): Raw) -> Result<Response> {
    Ok(Json(state.engine.set_policy(&caller, &body).await?).into_response())
}

/// List the versions of the settings
#[utoipa::path(
    get, path = "/v1/policy/history", operation_id = "listPolicyVersions", tag = "policy",
    responses((status = 200, description = "Newest first", body = PolicyHistory)),
)]
pub async fn policy_history(State(state): State<AppState>, Key(caller): Key) -> Result<Response> {
    let versions = state.engine.policy_history(&caller).await?;
    Ok(Json(serde_json::json!({"versions": versions})).into_response())
}

/// The hours of one country.
#[derive(Debug, Serialize, ToSchema)]
pub struct PackView {
    /// `ZZ`: all countries without a pack of their own.
    #[schema(value_type = String, example = "FR")]
    country: tidings_domain::address::CountryCode,
    version: u32,
    hours: Vec<HoursView>,
    /// `rule`, `from`, `until`, `status`, `source`.
    #[schema(value_type = Vec<Object>)]
    rules: Vec<serde_json::Value>,
    /// Public holidays by date.
    #[schema(value_type = Object)]
    holidays: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct HoursView {
    #[schema(format = Date)]
    from: String,
    /// The first day on which they hold no more.
    #[schema(format = Date)]
    until: Option<String>,
    /// `law`, `practice` or `derived`
    #[schema(value_type = String)]
    status: tidings_domain::policy::Status,
    source: String,
    /// States; empty: the whole country.
    areas: Vec<String>,
    when_area_unknown: bool,
    #[schema(value_type = Object)]
    hours: tidings_domain::policy::WeekText,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PackList {
    packs: Vec<PackView>,
    /// `country`, `on`, `areas`, `what`, `status`, `source`, and `touches` by tenant.
    #[schema(value_type = Vec<Object>)]
    changes: Vec<AnnouncedView>,
}

impl From<&Pack> for PackView {
    fn from(pack: &Pack) -> Self {
        let hours = pack.hours.iter().map(|hours| HoursView {
            from: hours.from.to_string(),
            until: hours.until.map(|until| until.to_string()),
            status: hours.status,
            source: hours.source.clone(),
            areas: hours.areas.clone(),
            when_area_unknown: hours.when_area_unknown,
            hours: hours.text.clone(),
        });
        let holidays =
            pack.holidays.iter().map(|(date, name)| (date.to_string(), name.clone().into())).collect();
        let rules = pack.rules.iter().map(|rule| {
            serde_json::json!({"rule": rule.rule, "from": rule.from.to_string(),
                "until": rule.until.map(|until| until.to_string()), "status": rule.status, "source": rule.source})
        });
        let (hours, rules) = (hours.collect(), rules.collect());
        Self { country: pack.country, version: pack.version, hours, rules, holidays }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PacksWanted {
    /// Only what will change.
    #[serde(default)]
    upcoming: bool,
    /// Changes as seen from this time.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// List the rules of countries, and what of them will change
///
/// The hours in which marketing may go and what else holds in a country. `changes` tells what is announced, the next
/// first, with the templates and senders of yours that it touches; it takes effect by itself on its day.
#[utoipa::path(
    get, path = "/v1/policy/packs", operation_id = "listPolicyPacks", tag = "policy", params(PacksWanted),
    responses((status = 200, description = "Every pack, with its sources", body = PackList)),
)]
pub async fn list_packs(
    State(state): State<AppState>,
    Key(caller): Key,
    Query(wanted): Query<PacksWanted>,
) -> Result<Json<PackList>> {
    let changes = state.engine.policy_changes(&caller, wanted.at).await?;
    let packs = if wanted.upcoming { Vec::new() } else { state.engine.policy_packs(&caller)? };
    Ok(Json(PackList { packs: packs.into_iter().map(Into::into).collect(), changes }))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChangesAt {
    /// As seen from this time.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
}

/// List announced changes of policy with the tenants that they touch
///
/// For whoever runs the installation.
#[utoipa::path(
    get, path = "/v1/tenants/policy-changes", operation_id = "listPolicyChanges", tag = "tenants",
    params(ChangesAt), security(("installation_key" = [])),
    responses((status = 200, description = "`changes`, the next first", body = Object)),
)]
pub async fn list_changes(
    State(state): State<AppState>,
    OperatorKey(operator): OperatorKey,
    Query(wanted): Query<ChangesAt>,
) -> Result<Response> {
    let changes = state.engine.policy_changes_of_all(&operator, wanted.at).await?;
    Ok(Json(serde_json::json!({"changes": changes})).into_response())
}

/// Show what each rule decided lately
///
/// Denials, deferrals and shadows of the last day and week by rule, with the newest messages of each.
#[utoipa::path(
    get, path = "/v1/policy/decisions", operation_id = "listRecentDecisions", tag = "policy",
    responses((status = 200, description = "`rules`, the most frequent first", body = Object)),
)]
pub async fn recent_decisions(State(state): State<AppState>, Key(caller): Key) -> Result<Response> {
    Ok(Json(state.engine.recent_decisions(&caller).await?).into_response())
}

/// Add a rule of your own
///
/// `when` is an expression in CEL over the variables that `GET` lists. It is checked before it is kept.
#[utoipa::path(
    post, path = "/v1/policy/rules", operation_id = "addPolicyRule", tag = "policy", request_body = PolicyRule,
    responses((status = 201, description = "In force", body = PolicyRuleView)),
)]
pub async fn add_rule(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(text): Json<RuleText>,
) -> Result<Response> {
    let added = state.engine.add_policy_rule(&caller, text).await?;
    Ok((StatusCode::CREATED, Json(added)).into_response())
}

/// List your rules, and what they may look at
#[utoipa::path(
    get, path = "/v1/policy/rules", operation_id = "listPolicyRules", tag = "policy",
    responses((status = 200, description = "The rules in force", body = PolicyRuleList)),
)]
pub async fn list_rules(State(state): State<AppState>, Key(caller): Key) -> Result<Response> {
    let rules = state.engine.policy_rules(&caller).await?;
    let mut variables = Vec::with_capacity(VARIABLES.len());
    for (name, kind, meaning) in VARIABLES {
        variables.push(serde_json::json!({"name": name, "type": kind, "meaning": meaning}));
    }
    Ok(Json(serde_json::json!({"rules": rules, "variables": variables})).into_response())
}

/// Remove a rule
#[utoipa::path(
    delete, path = "/v1/policy/rules/{id}", operation_id = "removePolicyRule", tag = "policy",
    params(("id" = String, Path, description = "`rul_…`")),
    responses((status = 204, description = "It acts no more")),
)]
pub async fn remove_rule(
    State(state): State<AppState>,
    Key(caller): Key,
    Path(id): Path<String>,
) -> Result<StatusCode> {
    state.engine.remove_policy_rule(&caller, path_id(&id, "rule")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ask what policy would decide about an audience
///
/// One message to a list of numbers, or to all contacts: counted by the rule that decides, with samples. Nothing is
/// stored.
#[utoipa::path(
    post, path = "/v1/policy/audience", operation_id = "evaluateAudience", tag = "policy",
    request_body = Audience,
    responses((status = 200, description = "The counts", body = AudienceReport)),
)]
pub async fn evaluate_audience(
    State(state): State<AppState>,
    Key(caller): Key,
    Json(request): Json<AudienceRequest>,
) -> Result<Response> {
    Ok(Json(state.engine.audience(&caller, request).await?).into_response())
}

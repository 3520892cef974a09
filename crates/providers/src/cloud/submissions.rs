//! Handing in templates and taking them back.

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value};
use tidings_domain::credentials::Credentials;
use tidings_domain::provider::{CallError, TemplateSubmission, TemplateTaken};

use super::endpoint::Payload;
use super::lenient::Text;
use super::{CloudProvider, calls};
use crate::limits::{CALL, PROVIDER_ID_BYTES_MAX};

/// Fields of an edit; name and language are the template's for good.
const EDITABLE: [&str; 5] = [
    "category",
    "components",
    "parameter_format",
    "message_send_ttl_seconds",
    "cta_url_link_tracking_opted_out",
];

#[derive(Deserialize)]
struct Taken<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default)]
    category: Text<'a>,
    #[serde(borrow, default)]
    success: Text<'a>,
}

impl CloudProvider {
    pub(super) async fn hand_in(
        &self,
        credentials: &Credentials,
        submission: TemplateSubmission<'_>,
    ) -> Result<TemplateTaken, CallError> {
        match submission.provider_id {
            None => self.create(credentials, submission).await,
            Some(id) => self.edit(credentials, id, submission.definition).await,
        }
    }

    async fn create(
        &self,
        credentials: &Credentials,
        submission: TemplateSubmission<'_>,
    ) -> Result<TemplateTaken, CallError> {
        let body = serde_json::to_vec(submission.definition).expect("a JSON value becomes JSON");
        let payload = Payload::Json(body);
        let account = submission.account_ref;
        let answer =
            self.call(credentials, Method::POST, account, "/message_templates", payload, CALL).await?;
        let taken: Taken<'_> = calls::read(&answer)?;
        let id = taken.id.owned().filter(|id| (1..=PROVIDER_ID_BYTES_MAX).contains(&id.len()));
        Ok(TemplateTaken {
            provider_id: id.ok_or(CallError::Unreadable)?,
            status: taken.status.owned(),
            category: taken.category.owned(),
        })
    }

    async fn edit(
        &self,
        credentials: &Credentials,
        id: &str,
        definition: &Value,
    ) -> Result<TemplateTaken, CallError> {
        let fields: Map<String, Value> = EDITABLE
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), definition.get(name)?.clone())))
            .collect();
        let body = serde_json::to_vec(&fields).expect("a JSON value becomes JSON");
        let answer = self.call(credentials, Method::POST, id, "", Payload::Json(body), CALL).await?;
        let taken: Taken<'_> = calls::read(&answer)?;
        if !taken.success.is("true") && taken.id.get().is_none() {
            return Err(CallError::Unreadable);
        }
        Ok(TemplateTaken { provider_id: id.to_owned(), status: taken.status.owned(), category: None })
    }

    /// By name and id, so that only this localization goes.
    pub(super) async fn remove_template(
        &self,
        credentials: &Credentials,
        account_ref: &str,
        name: &str,
        provider_id: &str,
    ) -> Result<(), CallError> {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("name", name)
            .append_pair("hsm_id", provider_id)
            .finish();
        let rest = format!("/message_templates?{query}");
        let answer = self.call(credentials, Method::DELETE, account_ref, &rest, Payload::None, CALL).await?;
        let done: Taken<'_> = calls::read(&answer)?;
        if done.success.is("true") { Ok(()) } else { Err(CallError::Unreadable) }
    }
}

//! Telling a person that we have read, and perhaps that we are typing.

use http::Method;
use serde::{Deserialize, Serialize};
use tidings_domain::credentials::Credentials;
use tidings_domain::provider::CallError;

use super::endpoint::Payload;
use super::lenient::Text;
use super::{CloudProvider, calls};
use crate::limits::CALL;

#[derive(Serialize)]
struct Mark<'a> {
    messaging_product: &'static str,
    status: &'static str,
    message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    typing_indicator: Option<Typing>,
}

#[derive(Serialize)]
struct Typing {
    r#type: &'static str,
}

#[derive(Deserialize)]
struct Done<'a> {
    #[serde(borrow, default)]
    success: Text<'a>,
}

impl CloudProvider {
    pub(super) async fn mark(
        &self,
        credentials: &Credentials,
        sender_ref: &str,
        provider_id: &str,
        typing: bool,
    ) -> Result<(), CallError> {
        let mark = Mark {
            messaging_product: "whatsapp",
            status: "read",
            message_id: provider_id,
            typing_indicator: typing.then_some(Typing { r#type: "text" }),
        };
        let body = serde_json::to_vec(&mark).expect("texts become JSON");
        let payload = Payload::Json(body);
        let answer = self.call(credentials, Method::POST, sender_ref, "/messages", payload, CALL).await?;
        let done: Done<'_> = calls::read(&answer)?;
        if done.success.is("true") { Ok(()) } else { Err(CallError::Unreadable) }
    }
}

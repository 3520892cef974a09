//! Errors as the Graph API shapes them.

use std::fmt::Write;

use crate::json;

/// One error answer.
#[derive(Debug, Clone)]
pub struct GraphError {
    pub http: u16,
    pub code: u32,
    pub subcode: u32,
    pub title: String,
    pub details: String,
}

impl GraphError {
    /// A known code with its usual HTTP status and title.
    pub fn new(code: u32, details: impl Into<String>) -> GraphError {
        let (http, title) = known(code);
        let title = if title.starts_with('(') { title.to_owned() } else { format!("(#{code}) {title}") };
        GraphError { http, code, subcode: 0, title, details: details.into() }
    }

    pub fn subcode(mut self, subcode: u32) -> GraphError {
        self.subcode = subcode;
        self
    }

    pub fn titled(mut self, title: impl Into<String>) -> GraphError {
        self.title = title.into();
        self
    }

    /// Code 100 with the sentence in the message, as parameter errors have it.
    pub fn parameter(sentence: impl Into<String>) -> GraphError {
        let sentence = sentence.into();
        GraphError::new(100, sentence.clone()).titled(format!("(#100) {sentence}"))
    }

    pub fn missing(what: &str) -> GraphError {
        GraphError::new(131_008, format!("Required parameter {what} is missing."))
    }

    pub fn invalid(details: impl Into<String>) -> GraphError {
        GraphError::new(131_009, details)
    }

    pub fn token() -> GraphError {
        GraphError::new(190, "").subcode(467).titled("Invalid OAuth access token - Cannot parse access token")
    }

    pub fn unknown_object(method: &str, id: &str) -> GraphError {
        GraphError::new(100, "").subcode(33).titled(format!(
            "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to \
             missing permissions, or does not support this operation"
        ))
    }

    /// The body of the answer.
    pub fn body(&self, trace: u64) -> String {
        let mut out = String::with_capacity(320);
        out.push_str("{\"error\":{\"message\":");
        json::string(&mut out, &self.title);
        let kind = if matches!(self.code, 100 | 33) && self.subcode == 33 {
            "GraphMethodException"
        } else {
            "OAuthException"
        };
        let _ = write!(out, ",\"type\":\"{kind}\",\"code\":{}", self.code);
        if self.subcode != 0 {
            let _ = write!(out, ",\"error_subcode\":{}", self.subcode);
        }
        if matches!(self.code, 1 | 2 | 131_000 | 131_016) {
            out.push_str(",\"is_transient\":true");
        }
        if !self.details.is_empty() {
            out.push_str(",\"error_data\":{\"messaging_product\":\"whatsapp\",\"details\":");
            json::string(&mut out, &self.details);
            out.push('}');
        }
        let _ = write!(out, ",\"fbtrace_id\":\"A{trace:022x}\"}}}}");
        out
    }
}

/// The usual HTTP status and title of a code.
pub fn known(code: u32) -> (u16, &'static str) {
    match code {
        2 => (503, "(#2) Service temporarily unavailable"),
        3 => (500, "Application does not have the capability to make this API call."),
        100 => (400, "Invalid parameter"),
        190 => (401, "(#190) Access token has expired"),
        200 => (403, "You do not have the necessary permissions"),
        368 => (403, "Temporarily blocked for policies violations"),
        130_429 => (429, "Rate limit hit"),
        131_000 => (500, "Something went wrong"),
        131_008 => (400, "Required parameter is missing"),
        131_009 => (400, "Parameter value is not valid"),
        131_016 => (500, "Service unavailable"),
        131_021 => (400, "Recipient cannot be sender"),
        131_026 => (400, "Message undeliverable"),
        131_047 => (400, "Re-engagement message"),
        131_048 => (400, "Spam rate limit hit"),
        131_049 => (400, "This message was not delivered to maintain healthy ecosystem engagement."),
        131_050 => (400, "User has stopped marketing messages"),
        131_051 => (400, "Unsupported message type"),
        131_053 => (400, "Media upload error"),
        131_055 => (400, "Method not allowed"),
        131_056 => (400, "(#131056) (Business Account, Consumer Account) pair rate limit hit"),
        131_062 => (400, "Business-scoped user ids are not supported for this message"),
        132_000 => (400, "Number of parameters does not match the expected number of params"),
        132_001 => (404, "Template name does not exist in the translation"),
        132_005 => (400, "Translated text too long"),
        132_012 => (400, "Parameter format does not match format in the created template"),
        132_015 => (400, "Template is paused"),
        132_016 => (400, "Template is disabled"),
        132_018 => (400, "Template parameters are not valid"),
        133_010 => (400, "Phone number not registered"),
        _ => (400, "Unknown error"),
    }
}

//! The commands' way to a running server: its API, like everybody else's.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use bytes::Bytes;
use http::{HeaderName, Method, Request, StatusCode, header};
use serde_json::Value;
use tidings_domain::secret::Secret;
use tidings_domain::transport::{Bounds, Transport, TransportError};

use crate::limits;

pub struct Api {
    transport: Arc<dyn Transport>,
    base: String,
    key: Secret,
}

impl Api {
    pub fn new(transport: Arc<dyn Transport>, base: &str, key: &str) -> Self {
        Self { transport, base: base.trim_end_matches('/').to_owned(), key: Secret::new(key) }
    }

    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::GET, path, None, None).await
    }

    pub async fn post(&self, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        self.call(Method::POST, path, body, None).await
    }

    pub async fn put(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.call(Method::PUT, path, Some(body), None).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> anyhow::Result<Value> {
        self.call(Method::PATCH, path, Some(body), None).await
    }

    pub async fn delete(&self, path: &str) -> anyhow::Result<Value> {
        self.call(Method::DELETE, path, None, None).await
    }

    /// A body that is already written, with an idempotency key.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        idempotency_key: Option<&str>,
    ) -> anyhow::Result<Value> {
        let mut headers = Vec::new();
        let body = match body {
            Some(body) => {
                headers.push((header::CONTENT_TYPE, "application/json"));
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        if let Some(key) = idempotency_key {
            headers.push((HeaderName::from_static("idempotency-key"), key));
        }
        let body = self.exchange(method, path, body, &headers).await?;
        self.read(&body)
    }

    /// A file as the body.
    pub async fn send(&self, path: &str, kind: &str, body: Vec<u8>) -> anyhow::Result<Value> {
        let body = self.exchange(Method::POST, path, body.into(), &[(header::CONTENT_TYPE, kind)]).await?;
        self.read(&body)
    }

    /// An answer that is no JSON.
    pub async fn text(&self, path: &str) -> anyhow::Result<String> {
        let body = self.exchange(Method::GET, path, Bytes::new(), &[]).await?;
        String::from_utf8(body.to_vec()).context("the answer is no text")
    }

    /// A page of a table, and where the next one begins.
    pub async fn piece(&self, path: &str) -> anyhow::Result<(Bytes, Option<String>)> {
        let answer = self.fetch(Method::GET, path, Bytes::new(), &[]).await?;
        let next = answer.headers().get("tidings-next-cursor").and_then(|value| value.to_str().ok());
        let next = next.map(str::to_owned);
        Ok((answer.into_body(), next))
    }

    fn read(&self, body: &[u8]) -> anyhow::Result<Value> {
        if body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(body)
            .with_context(|| format!("{} did not answer with JSON; is it a Tidings server?", self.base))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        headers: &[(HeaderName, &str)],
    ) -> anyhow::Result<Bytes> {
        Ok(self.fetch(method, path, body, headers).await?.into_body())
    }

    async fn fetch(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        headers: &[(HeaderName, &str)],
    ) -> anyhow::Result<http::Response<Bytes>> {
        if self.key.is_empty() {
            bail!("a key is needed: give --key or set TIDINGS_KEY");
        }
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::ACCEPT, "application/json, text/csv, application/x-ndjson, image/svg+xml")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key.expose()));
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request =
            request.body(body).with_context(|| format!("`{}` is no address of a server", self.base))?;
        let bounds = Bounds { total_us: limits::API_TIME_US, answer_bytes_max: limits::API_ANSWER_BYTES_MAX };
        let answer = self.transport.exchange(request, bounds).await.map_err(|error| self.unreached(error))?;
        if !answer.status().is_success() {
            return Err(refusal(answer.status(), answer.body()));
        }
        Ok(answer)
    }

    fn unreached(&self, error: TransportError) -> anyhow::Error {
        match error {
            TransportError::Connect => anyhow!(
                "no server answers at {}; start one with `tidings serve`, or give --server",
                self.base
            ),
            other => anyhow!("{}: {other}", self.base),
        }
    }
}

/// A problem+json as sentences: what, and each field with its rule.
fn refusal(status: StatusCode, body: &[u8]) -> anyhow::Error {
    let Ok(problem) = serde_json::from_slice::<Value>(body) else {
        return anyhow!("the server answered {status}");
    };
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let mut words = text(&problem, "detail");
    if words.is_empty() {
        words = text(&problem, "title");
    }
    for field in problem["errors"].as_array().into_iter().flatten() {
        let line = format!("{}: {}", text(field, "field"), text(field, "detail"));
        if !words.contains(&line) {
            words.push_str("\n  ");
            words.push_str(&line);
        }
    }
    anyhow!("{words} ({}, {})", status.as_u16(), text(&problem, "code"))
}

/// A value in a path or a query, escaped.
pub fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// `?a=1&b=2` of what is given.
pub fn query(pairs: &[(&str, Option<&str>)]) -> String {
    let given: Vec<String> = pairs
        .iter()
        .filter_map(|(name, value)| value.map(|value| format!("{name}={}", escaped(value))))
        .collect();
    if given.is_empty() { String::new() } else { format!("?{}", given.join("&")) }
}

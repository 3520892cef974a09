//! Which call a request is: the Graph API's paths, the media host, and `/_sim/`.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, header};

use crate::admin;
use crate::answer::Answer;
use crate::config::SimConfig;
use crate::core::Simulator;
use crate::error::GraphError;
use crate::limits::MAX_JSON_BYTES;
use crate::send::{Edge, Envelope};
use crate::state::State;

/// Decoded query parameters.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(text: Option<&str>) -> Query {
        let pair = |part: &str| {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            (decode(key), decode(value))
        };
        Query(text.unwrap_or("").split('&').filter(|part| !part.is_empty()).map(pair).collect())
    }

    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let code = (bytes[i] == b'%').then(|| text.get(i + 1..i + 3)).flatten();
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                i += 3;
            }
            None => {
                out.push(if bytes[i] == b'+' { b' ' } else { bytes[i] });
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Where this simulator can be reached, as the client sees it.
pub(crate) fn base_url(config: &SimConfig, host: Option<&str>) -> String {
    host.map_or_else(|| config.public_url.clone(), |host| format!("http://{host}"))
}

/// One request to the Graph API, taken apart.
pub(crate) struct Call<'r> {
    pub now_us: i64,
    pub method: &'r Method,
    pub path: &'r str,
    pub node: &'r str,
    pub edge: Option<&'r str>,
    pub query: Query,
    pub headers: &'r HeaderMap,
    pub body: &'r Bytes,
}

impl<'r> Call<'r> {
    pub fn host(&self) -> Option<&'r str> {
        self.headers.get(header::HOST)?.to_str().ok()
    }

    pub fn token(&self) -> Option<&'r str> {
        let value = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let schemes = ["Bearer ", "bearer ", "OAuth "];
        schemes.iter().find_map(|scheme| value.strip_prefix(scheme)).map(str::trim)
    }
}

pub(crate) fn handle(simulator: &Simulator, now_us: i64, request: Request<Bytes>) -> Answer {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    if let Some(rest) = path.strip_prefix("/_sim/") {
        return admin::handle(
            simulator,
            now_us,
            &parts.method,
            rest,
            &Query::parse(parts.uri.query()),
            &body,
        );
    }
    let mut segments = path.split('/').filter(|part| !part.is_empty());
    let mut node = segments.next().unwrap_or("");
    if is_version(node) {
        node = segments.next().unwrap_or("");
    }
    let edge = segments.next();
    let call = Call {
        now_us,
        method: &parts.method,
        path,
        node,
        edge,
        query: Query::parse(parts.uri.query()),
        headers: &parts.headers,
        body: &body,
    };
    let edge = match (call.method, edge) {
        (&Method::POST, Some("messages")) => Edge::Messages,
        (&Method::POST, Some("marketing_messages")) => Edge::MarketingMessages,
        _ => return simulator.with(|state| state.call(&call)),
    };
    if body.len() > MAX_JSON_BYTES {
        return Answer::error(&GraphError::parameter("The request is too large."), 0);
    }
    // Reading the body needs no lock.
    let envelope = Envelope::parse(&body);
    simulator.with(|state| {
        let Some(account) = state.account_of_token(call.token()) else {
            return state.refuse(&GraphError::token());
        };
        match state.phone_of(account, call.node) {
            Some(phone) => state.messages(now_us, edge, phone, envelope),
            None => state.refuse(&GraphError::unknown_object("post", call.node)),
        }
    })
}

fn is_version(segment: &str) -> bool {
    segment
        .strip_prefix('v')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

impl State {
    /// Every call but sending.
    fn call(&mut self, call: &Call<'_>) -> Answer {
        if call.now_us < self.outage_until_us {
            return self.refuse(&GraphError::new(2, ""));
        }
        let Some(account) = self.account_of_token(call.token()) else {
            return self.refuse(&GraphError::token());
        };
        let known = match (call.method.as_str(), call.edge) {
            ("GET", Some(id)) if call.node == "_media" => return self.download(call, id),
            ("POST", Some("media")) => self.phone_of(account, call.node).map(|_| self.upload(call)),
            ("POST", Some("uploads")) => return self.open_sample(call),
            ("POST", None) if call.node.starts_with("upload:") => return self.take_sample(call),
            ("GET", None) if call.node.starts_with("upload:") => return self.sample_offset(call),
            ("POST", Some("unpause")) => self.unpause_template(call.now_us, account, call.node),
            ("POST", None) if self.template_of_id(account, call.node).is_some() => {
                self.edit_template(call.now_us, account, call.node, call.body)
            }
            ("POST", Some("register" | "deregister" | "request_code" | "verify_code" | "settings"))
            | ("POST", None) => self.phone_of(account, call.node).map(|_| Answer::success()),
            ("GET", None) => self.node(account, call),
            ("DELETE", None) => self.shelf.remove(call.node).then(Answer::success),
            (_, Some("message_templates")) if self.is_account(account, call.node) => {
                Some(match call.method.as_str() {
                    "GET" => self.list_templates(account, &call.query, call.path, call.host()),
                    "POST" => self.create_template(call.now_us, account, call.body),
                    "DELETE" => self.delete_template(call.now_us, account, &call.query),
                    _ => self.refuse(&GraphError::unknown_object("such", call.node)),
                })
            }
            ("GET", Some("phone_numbers")) if self.is_account(account, call.node) => {
                Some(self.numbers(account, call))
            }
            (_, Some("subscribed_apps")) if self.is_account(account, call.node) => {
                Some(self.subscriptions(account, call))
            }
            _ => None,
        };
        known.unwrap_or_else(|| {
            self.refuse(&GraphError::unknown_object(&call.method.as_str().to_ascii_lowercase(), call.node))
        })
    }
}

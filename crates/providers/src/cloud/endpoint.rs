//! Where the Graph API is, taken apart once so that a request costs one path and one token.

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Method, Request, Uri, header};
use tidings_domain::secret::Secret;

use crate::limits::NODE_BYTES_MAX;

/// Hosts from which the platform serves files, besides the endpoint's own.
const MEDIA_HOSTS: [&str; 4] = ["fbsbx.com", "facebook.com", "fbcdn.net", "whatsapp.net"];

/// Why an address cannot be the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BaseUrlError {
    #[error("the base URL of the Cloud API is not an http or https address without a query")]
    Url,
    #[error("the version of the Cloud API is written like v24.0")]
    Version,
}

/// A request that cannot be written: an id or a token holds what no path or header may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unwritable(pub &'static str);

pub(super) struct Endpoint {
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    /// Path of the base URL and the version: `/v24.0/`.
    prefix: String,
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

/// What a request carries.
pub(super) enum Payload {
    None,
    Json(Vec<u8>),
    Form { content_type: HeaderValue, body: Bytes },
}

impl Endpoint {
    pub(super) fn new(base_url: &str, version: &str) -> Result<Self, BaseUrlError> {
        let uri: Uri = base_url.parse().map_err(|_| BaseUrlError::Url)?;
        let parts = uri.into_parts();
        let scheme = parts.scheme.ok_or(BaseUrlError::Url)?;
        let authority = parts.authority.ok_or(BaseUrlError::Url)?;
        let path = parts.path_and_query.as_ref().map_or("", PathAndQuery::path);
        let query = parts.path_and_query.as_ref().and_then(PathAndQuery::query);
        let known = scheme == Scheme::HTTP || scheme == Scheme::HTTPS;
        if !known || query.is_some() || authority.as_str().contains('@') {
            return Err(BaseUrlError::Url);
        }
        if !is_version(version) {
            return Err(BaseUrlError::Version);
        }
        let host = HeaderValue::from_str(authority.as_str()).map_err(|_| BaseUrlError::Url)?;
        let prefix = format!("{}/{version}/", path.trim_end_matches('/'));
        Ok(Self { scheme, authority, host, prefix })
    }

    /// `{prefix}{node}{rest}`; `rest` is an edge such as `/messages`, a query, or both.
    pub(super) fn request(
        &self,
        method: Method,
        node: &str,
        rest: &str,
        token: &Secret,
        payload: Payload,
    ) -> Result<Request<Bytes>, Unwritable> {
        if !is_node(node) {
            return Err(Unwritable("an id at the provider has characters that no path may hold"));
        }
        let mut path = String::with_capacity(self.prefix.len() + node.len() + rest.len());
        path.push_str(&self.prefix);
        path.push_str(node);
        path.push_str(rest);
        let path = PathAndQuery::from_maybe_shared(Bytes::from(path))
            .map_err(|_| Unwritable("an id at the provider has characters that no path may hold"))?;
        let uri = Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(path)
            .build()
            .expect("all three parts are given");
        let (content_type, body) = match payload {
            Payload::None => (None, Bytes::new()),
            Payload::Json(body) => (Some(HeaderValue::from_static("application/json")), Bytes::from(body)),
            Payload::Form { content_type, body } => (Some(content_type), body),
        };
        let mut request = Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        headers.insert(header::HOST, self.host.clone());
        headers.insert(header::AUTHORIZATION, bearer(token)?);
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, content_type);
        }
        Ok(request)
    }

    /// A session of an upload; its id is a path, and mostly a query too.
    pub(super) fn upload_session(
        &self,
        session: &str,
        offset: u64,
        token: &Secret,
        body: Bytes,
    ) -> Result<Request<Bytes>, Unwritable> {
        const STRANGE: Unwritable = Unwritable("the provider named an upload that no path may hold");
        let rest = session.strip_prefix("upload:").ok_or(STRANGE)?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-=?.:%&+".contains(&byte);
        if rest.is_empty() || rest.len() > NODE_BYTES_MAX * 4 || !rest.bytes().all(fits) {
            return Err(STRANGE);
        }
        // Written as an id without the part that no id may have, then put together.
        let mut request = self.request(Method::POST, "upload", "", token, Payload::None)?;
        let path = format!("{}{session}", self.prefix);
        let path = PathAndQuery::from_maybe_shared(Bytes::from(path)).map_err(|_| STRANGE)?;
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = Some(path);
        *request.uri_mut() = Uri::from_parts(parts).map_err(|_| STRANGE)?;
        *request.body_mut() = body;
        let headers = request.headers_mut();
        // The upload wants its own scheme.
        headers.insert(header::AUTHORIZATION, authorization("OAuth ", token)?);
        headers.insert("file_offset", HeaderValue::from(offset));
        Ok(request)
    }

    /// A download, if its address is one that may see the token.
    pub(super) fn download(&self, url: &str, token: &Secret) -> Result<Request<Bytes>, Unwritable> {
        const STRANGE: Unwritable = Unwritable("the provider named a file outside its own hosts");
        let uri: Uri = url.parse().map_err(|_| STRANGE)?;
        let authority = uri.authority().ok_or(STRANGE)?;
        let own = uri.scheme() == Some(&self.scheme) && *authority == self.authority;
        let platform = uri.scheme() == Some(&Scheme::HTTPS)
            && authority.as_str() == authority.host()
            && MEDIA_HOSTS.iter().any(|host| is_within(authority.host(), host));
        if !own && !platform {
            return Err(STRANGE);
        }
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri;
        request.headers_mut().insert(header::AUTHORIZATION, bearer(token)?);
        // The platform's file hosts turn away clients that name none.
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static("tidings"));
        Ok(request)
    }
}

fn bearer(token: &Secret) -> Result<HeaderValue, Unwritable> {
    authorization("Bearer ", token)
}

fn authorization(scheme: &str, token: &Secret) -> Result<HeaderValue, Unwritable> {
    let token = token.expose();
    let mut text = Vec::with_capacity(scheme.len() + token.len());
    text.extend_from_slice(scheme.as_bytes());
    text.extend_from_slice(token.as_bytes());
    let mut value = HeaderValue::from_maybe_shared(Bytes::from(text))
        .map_err(|_| Unwritable("the access token has characters that no header may hold"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn is_within(host: &str, suffix: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn is_node(text: &str) -> bool {
    (1..=NODE_BYTES_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn is_version(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.len() <= 3 && text.bytes().all(|b| b.is_ascii_digit());
    text.strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| digits(major) && digits(minor))
}

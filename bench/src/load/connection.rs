//! One keep-alive connection, and the address with the key that it is opened to.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::limits::EXCHANGE_TIME;

/// Where requests go, and as whom.
#[derive(Debug, Clone)]
pub struct Target {
    pub address: SocketAddr,
    host: HeaderValue,
    authorization: Option<HeaderValue>,
}

pub struct Connection {
    target: Target,
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

impl Target {
    pub fn new(address: SocketAddr, token: Option<&str>) -> Result<Self> {
        let host = HeaderValue::try_from(address.to_string())?;
        let bearer = |token: &str| HeaderValue::try_from(format!("Bearer {token}"));
        let authorization = token.map(bearer).transpose().context("the key is no header value")?;
        Ok(Self { address, host, authorization })
    }

    pub async fn connect(&self) -> Result<Connection> {
        let opened = timeout(EXCHANGE_TIME, async {
            let stream = TcpStream::connect(self.address).await?;
            stream.set_nodelay(true)?;
            anyhow::Ok(http1::handshake(TokioIo::new(stream)).await?)
        });
        let (sender, connection) = opened.await.context("no connection in time")??;
        let driver = tokio::spawn(async move {
            // A broken connection shows in the exchange that is under way.
            let _ = connection.await;
        });
        Ok(Connection { target: self.clone(), sender, driver })
    }

    /// One call over a connection of its own; anything but 2xx is an error.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        let bytes = body.map_or_else(Bytes::new, |value| Bytes::from(value.to_string()));
        let mut connection = self.connect().await?;
        let answer = connection.exchange(method.clone(), path, bytes).await?;
        if !answer.status.is_success() {
            bail!("{method} {path} was answered {}", answer.describe());
        }
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer.body).with_context(|| format!("{method} {path} answered no JSON"))
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        self.call(Method::GET, path, None).await
    }

    /// Whether a GET is answered 2xx; the body may be anything.
    pub async fn answers(&self, path: &str) -> bool {
        let Ok(mut connection) = self.connect().await else { return false };
        let answer = connection.exchange(Method::GET, path, Bytes::new()).await;
        answer.is_ok_and(|answer| answer.status.is_success())
    }

    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.call(Method::POST, path, Some(body)).await
    }
}

impl Connection {
    pub async fn exchange(&mut self, method: Method, path: &str, body: Bytes) -> Result<Answer> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = path.parse()?;
        let headers = request.headers_mut();
        headers.insert(HOST, self.target.host.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(authorization) = &self.target.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let answered = timeout(EXCHANGE_TIME, async {
            self.sender.ready().await?;
            let response = self.sender.send_request(request).await?;
            let status = response.status();
            anyhow::Ok(Answer { status, body: response.into_body().collect().await?.to_bytes() })
        });
        answered.await.with_context(|| format!("no answer to {path} in time"))?
    }

    pub async fn post(&mut self, path: &str, body: Bytes) -> Result<Answer> {
        self.exchange(Method::POST, path, body).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Answer {
    /// Whether the server asks to come again later.
    pub fn is_busy(&self) -> bool {
        matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
    }

    pub fn describe(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        format!("{}: {}", self.status, text.chars().take(500).collect::<String>())
    }
}

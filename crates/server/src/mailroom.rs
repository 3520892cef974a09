//! The listener for mails that come back, and the engine behind it.

use anyhow::Context;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use tidings_domain::clock::BoxFuture;
use tidings_domain::provider::Callback;
use tidings_engine::{Engine, EngineError};
use tidings_providers::smtp::listener::{self, Mailroom, Verdict};
use tidings_providers::smtp::{CAME_BACK_TO, Token};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::config::Config;

/// Hands each mail to the account that its address names, in whichever region that is.
struct Room {
    engine: Engine,
    regions: Vec<String>,
}

/// Starts the listener, if one is configured; tells where it listens.
pub async fn start(
    config: &Config,
    engine: &Engine,
    stop: &CancellationToken,
) -> anyhow::Result<Option<JoinHandle<()>>> {
    let Some(address) = config.mail.listen else { return Ok(None) };
    let listening = TcpListener::bind(address).await;
    let listening = listening.with_context(|| format!("mail.listen: {address} cannot be listened on"))?;
    let regions = config.regions().into_iter().map(|(name, _)| name.to_owned()).collect();
    let room = std::sync::Arc::new(Room { engine: engine.clone(), regions });
    let name = if config.mail.name.is_empty() { "tidings" } else { &config.mail.name };
    tracing::info!(%address, "mails that come back are taken");
    Ok(Some(tokio::spawn(listener::serve(listening, name.to_owned(), room, stop.clone()))))
}

impl Room {
    async fn find(&self, to: &str, token: Token) -> Result<Option<&str>, EngineError> {
        let headers = came_back_to(to);
        let callback = Callback { url: "", headers: &headers, body: &[] };
        for region in &self.regions {
            if self.engine.would_take(region, &token.account.to_string(), callback).await? {
                return Ok(Some(region));
            }
        }
        Ok(None)
    }

    async fn hand_in(&self, to: &str, token: Token, mail: &[u8]) -> Result<bool, EngineError> {
        let Some(region) = self.find(to, token).await? else { return Ok(false) };
        let headers = came_back_to(to);
        let callback = Callback { url: "", headers: &headers, body: mail };
        match self.engine.callback(region, &token.account.to_string(), callback).await {
            Ok(()) => Ok(true),
            Err(EngineError::Invalid(_) | EngineError::NotFound(_) | EngineError::Unauthorized) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

impl Mailroom for Room {
    fn knows<'a>(&'a self, to: &'a str, token: Token) -> BoxFuture<'a, Verdict> {
        Box::pin(async move { verdict(self.find(to, token).await.map(|found| found.is_some())) })
    }

    fn take<'a>(&'a self, to: &'a str, token: Token, mail: Bytes) -> BoxFuture<'a, Verdict> {
        Box::pin(async move { verdict(self.hand_in(to, token, &mail).await) })
    }
}

fn verdict(found: Result<bool, EngineError>) -> Verdict {
    match found {
        Ok(true) => Verdict::Taken,
        Ok(false) => Verdict::Refused,
        Err(error) => {
            tracing::warn!(%error, "a mail that came back could not be taken now");
            Verdict::NotNow
        }
    }
}

fn came_back_to(address: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(address) {
        headers.insert(CAME_BACK_TO, value);
    }
    headers
}

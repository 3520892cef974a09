//! `tidings sim`: the simulated provider by itself.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::Context;
use http::{HeaderName, HeaderValue};
use serde_json::json;
use tidings_providers::http::HttpTransport;
use tidings_simulator::{Deliver, Faults, SimConfig, Simulator, Webhook};

use super::accounts::read;
use super::serve::bind;
use super::{Failure, Outcome};
use crate::cli::Sim;
use crate::compose::asked_to_stop;
use crate::config::Config;
use crate::output::Out;

/// Brings webhooks by the providers' own HTTP client.
pub struct Courier(pub Arc<HttpTransport>);

impl Deliver for Courier {
    fn deliver(&self, webhook: &Webhook) -> Pin<Box<dyn Future<Output = Option<u16>> + Send + '_>> {
        let headers: Vec<(HeaderName, HeaderValue)> = webhook
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.parse().ok()?, value.parse().ok()?)))
            .collect();
        let (url, body) = (webhook.url.clone(), webhook.body.clone());
        Box::pin(async move { self.0.post(&url, &headers, body).await })
    }
}

pub async fn run(args: Sim, _config: Config, out: Out) -> Outcome {
    let mut settings = match &args.settings {
        Some(path) => serde_json::from_str::<SimConfig>(&read(path)?)
            .map_err(|error| Failure::Failed(anyhow::anyhow!("{}: {error}", path.display())))?,
        None => SimConfig::default(),
    };
    settings.seed = args.seed;
    if args.faults {
        settings.faults = Faults::full();
    }
    if let Some(callback) = args.callback {
        settings.auto_provision = true;
        settings.auto_callback = Some(callback);
        if let Some(secret) = args.app_secret {
            settings.auto_secret = secret;
        }
    }
    let asked = asked_to_stop()?;
    let listener = bind(args.listen).await?;
    let address = format!("http://{}", listener.local_addr().context("the listener has no address")?);
    settings.public_url = address.clone();
    let simulator = Simulator::new(settings);
    out.answer(&json!({"listen": address}), || {
        format!(
            "simulating the Cloud API at {address}\n  base URL  TIDINGS_PROVIDERS__CLOUD__BASE_URL={address}\n  \
             ledger    {address}/_sim/ledger"
        )
    })?;
    let courier = Arc::new(Courier(Arc::new(HttpTransport::default())));
    tidings_simulator::serve(listener, simulator, courier, asked).await;
    Ok(())
}

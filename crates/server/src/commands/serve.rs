//! `tidings serve`.

use std::net::SocketAddr;

use anyhow::Context;
use serde_json::json;
use tidings_engine::Roles;
use tokio::net::TcpListener;

use super::Outcome;
use crate::compose::{Installation, Running, asked_to_stop};
use crate::config::Config;
use crate::output::Out;

pub async fn run(listen: Option<SocketAddr>, roles: Option<Roles>, mut config: Config, out: Out) -> Outcome {
    if let Some(listen) = listen {
        config.listen = listen;
    }
    if let Some(roles) = roles {
        config.node.roles = roles.to_string();
    }
    let installation = Installation::open(config, |_| {}).await?;
    // Before the first request is answered: whoever sees that it serves may ask it to stop.
    let asked = asked_to_stop()?;
    let listener = bind(installation.config.listen).await?;
    let running = Running::start(&installation, listener).await?;
    let has_api = installation.engine.roles().api;
    let mut answer = json!({"listen": running.address});
    let mut console = String::new();
    if has_api {
        console = format!("{}{}", running.address, installation.console_path().await?);
        answer["console"] = json!(console);
    }
    if let Some(key) = &installation.fresh_key {
        answer["installation_key"] = json!(key.expose());
    }
    out.answer(&answer, || {
        let mut words = String::new();
        if let Some(key) = &installation.fresh_key {
            words.push_str(&format!(
                "Nothing was here, so {} is initialised now.\n\
                 The installation key makes tenants and is shown only now:\n  {}\n\n",
                installation.config.data_dir.display(),
                key.expose()
            ));
        }
        words.push_str(&format!("listening at    {}\n", running.address));
        if has_api {
            words
                .push_str(&format!("API description {}/docs\nconsole, once\n  {console}\n", running.address));
        }
        words
    })?;
    tracing::info!(address = running.address, "serving");
    Ok(running.until(asked).await?)
}

pub async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| {
        format!("{listen} cannot be listened at; another program may be there: give --listen another port")
    })
}

//! `tidings init`: the data directory, the master key, the store, the installation key.

use anyhow::anyhow;
use serde_json::json;

use super::{Failure, Outcome};
use crate::compose::Installation;
use crate::config::Config;
use crate::master_key;
use crate::output::Out;

pub async fn run(config: Config, out: Out) -> Outcome {
    let installation = Installation::open(config, |_| {}).await?;
    let dir = installation.config.data_dir.display().to_string();
    let Some(key) = &installation.fresh_key else {
        return Err(Failure::Failed(anyhow!(
            "{dir} is initialised already; its installation key was shown when it was made and is not kept"
        )));
    };
    let master = master_key::path(&installation.config);
    Ok(out.answer(&json!({"installation_key": key.expose()}), || {
        format!(
            "initialised     {dir}\nmaster key      {}\ninstallation key\n  {}\n\n\
             The installation key makes tenants. It is shown only now.\n\
             Keep a copy of the master key elsewhere: without it the store cannot be read.",
            master.display(),
            key.expose()
        )
    })?)
}

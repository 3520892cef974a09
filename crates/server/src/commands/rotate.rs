//! `tidings rotate …`.

use serde_json::{Value, json};

use super::{Outcome, view};
use crate::cli::{Rotate, Server};
use crate::output::Out;

pub async fn run(command: Rotate, out: Out) -> Outcome {
    match command {
        Rotate::MasterKey(server) => {
            let done = rotate(&server, json!({"what": "master_key"})).await?;
            Ok(out.answer(&done, || {
                format!("{} keys are wrapped by the newest master key now\n", done["keys"])
            })?)
        }
        Rotate::DataKeys { tenant, server } => {
            let done = rotate(&server, json!({"what": "data_keys", "tenant": tenant})).await?;
            Ok(out.answer(&done, || {
                format!("{} new data keys; they seal what comes in a few seconds\n", done["keys"])
            })?)
        }
        Rotate::InstallationKey(server) => {
            let done = rotate(&server, json!({"what": "installation_key"})).await?;
            Ok(out.answer(&done, || {
                format!(
                    "The key before is refused from now on. The new one is shown only now:\n  {}\n",
                    view::text(&done, "/installation_key")
                )
            })?)
        }
    }
}

async fn rotate(server: &Server, body: Value) -> anyhow::Result<Value> {
    view::api(server).post("/v1/rotations", Some(body)).await
}

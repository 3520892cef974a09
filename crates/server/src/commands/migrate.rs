//! `tidings migrate`: brings every store to this version's schema.

use std::sync::Arc;

use serde_json::json;
use tidings_domain::clock::Clock;
use tidings_domain::id::IdSource;

use super::Outcome;
use crate::clock::SystemClock;
use crate::config::Config;
use crate::output::Out;
use crate::{compose, data_dir};

pub async fn run(config: Config, out: Out) -> Outcome {
    data_dir::make(&config.data_dir)?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let ids = Arc::new(IdSource::seeded(data_dir::random_bytes()?));
    // Opening a store is what migrates it; it stays as it is where there is nothing to do.
    let (regions, fresh) = compose::stores(&config, &clock, &ids).await?;
    let names: Vec<String> = regions.iter().map(|store| store.region().to_owned()).collect();
    let mut answer = json!({"regions": names});
    if let Some(key) = &fresh {
        answer["installation_key"] = json!(key.expose());
    }
    Ok(out.answer(&answer, || {
        let mut words = format!("up to date: {}", names.join(", "));
        if let Some(key) = &fresh {
            words.push_str(&format!(
                "\nThe store is new. The installation key is shown only now:\n  {}",
                key.expose()
            ));
        }
        words
    })?)
}

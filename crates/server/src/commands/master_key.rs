//! `tidings master-key …`: the file itself. The server reads it again by itself.

use std::path::Path;
use std::sync::Arc;

use anyhow::ensure;
use serde_json::json;
use tidings_domain::clock::Clock;
use tidings_domain::id::IdSource;

use super::{Outcome, load};
use crate::cli::MasterKey;
use crate::clock::SystemClock;
use crate::compose;
use crate::config::Config;
use crate::data_dir::random_bytes;
use crate::master_key;
use crate::output::Out;

pub async fn run(command: MasterKey, file: Option<&Path>, out: Out) -> Outcome {
    match command {
        MasterKey::Add(args) => {
            let config = load(file, args.data_dir.as_deref())?;
            let version = master_key::add(&config)?;
            let path = master_key::path(&config).display().to_string();
            Ok(out.answer(&json!({"file": path, "version": version}), || {
                format!(
                    "{path} has a new key, number {version}. Keep a copy elsewhere, give the file to every node, \
                     then say: tidings rotate master-key\n"
                )
            })?)
        }
        MasterKey::Retire(args) => {
            let config = load(file, args.data_dir.as_deref())?;
            let retired = retire(&config).await?;
            Ok(out.answer(&json!({"retired": retired}), || {
                format!(
                    "{retired} keys are out of the file. Backups from before still need them: keep them with those\n"
                )
            })?)
        }
    }
}

async fn retire(config: &Config) -> anyhow::Result<usize> {
    let newest = master_key::load(config)?.newest();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::start());
    let ids = Arc::new(IdSource::seeded(random_bytes()?));
    for store in compose::open_readers(config, &clock, &ids).await? {
        let counts = store.wrapped_by(&store.system()).await?;
        let older: u64 = counts.iter().filter(|(version, _)| **version < newest).map(|(_, n)| n).sum();
        ensure!(
            older == 0,
            "{older} keys of region `{}` are wrapped by an older master key; say first: tidings rotate master-key",
            store.region()
        );
    }
    master_key::retire(config)
}

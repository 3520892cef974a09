//! Where stores, providers, engine and web meet, and nowhere else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use tidings_domain::clock::Clock;
use tidings_domain::id::IdSource;
use tidings_domain::provider::Providers;
use tidings_domain::secret::Secret;
use tidings_domain::time::SECOND;
use tidings_engine::dispatch::journal::FileJournals;
use tidings_engine::pipeline::Parts;
use tidings_engine::{Engine, EngineConfig, PolicyDefaults, Roles};
use tidings_providers::cloud::CloudProvider;
use tidings_providers::http::HttpTransport;
use tidings_providers::smpp::SmppProvider;
use tidings_providers::sms_http::SmsHttpProvider;
use tidings_providers::smtp::SmtpProvider;
use tidings_store::model::Retention;
use tidings_store::{Looked, OpenOptions, Regions, Store, StoreError};
use tidings_web::{AppState, TlsFiles};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::clock::SystemClock;
use crate::config::{Config, Region, Switch};
use crate::{data_dir, mailroom, master_key, process};

/// Everything of a running installation.
pub struct Installation {
    pub config: Config,
    pub clock: Arc<SystemClock>,
    pub engine: Engine,
    pub transport: Arc<HttpTransport>,
    /// The installation key, if it was made just now.
    pub fresh_key: Option<Secret>,
    /// The data directory is ours as long as this is open.
    _lock: std::fs::File,
}

impl Installation {
    /// Opens the stores (making what is not there yet) and puts the engine over them.
    pub async fn open(config: Config, tune: impl FnOnce(&mut EngineConfig)) -> anyhow::Result<Self> {
        data_dir::make(&config.data_dir)?;
        let lock = data_dir::lock(&config.data_dir)?;
        let clock = Arc::new(SystemClock::start());
        let ids = Arc::new(IdSource::seeded(data_dir::random_bytes()?));
        let (regions, fresh_key) = stores(&config, &(clock.clone() as Arc<dyn Clock>), &ids).await?;
        let transport = Arc::new(HttpTransport::default());
        let cloud = &config.providers.cloud;
        let provider =
            CloudProvider::new(transport.clone(), transport.clone(), &cloud.base_url, &cloud.api_version)
                .context("providers.cloud")?;
        let mut engine_config = engine_config(&config, node(&config)?)?;
        tune(&mut engine_config);
        let engine = Engine::new(Parts {
            regions,
            providers: Providers::default()
                .with(Arc::new(provider))
                .with(Arc::new(SmppProvider::new(clock.clone())))
                .with(Arc::new(SmsHttpProvider::new(transport.clone(), clock.clone())))
                .with(Arc::new(SmtpProvider::new(clock.clone()))),
            clock: clock.clone(),
            ids,
            config: engine_config,
            journals: Arc::new(FileJournals { dir: config.data_dir.clone() }),
        });
        Ok(Self { config, clock, engine, transport, fresh_key, _lock: lock })
    }

    /// A one-time path to the console for whoever reads this process's output.
    pub async fn console_path(&self) -> anyhow::Result<String> {
        let token = self.engine.mint_login(&self.engine.local_operator(), None).await?;
        Ok(tidings_web::console::sign_in_path(&token))
    }
}

/// The server's tasks.
pub struct Running {
    stop_web: CancellationToken,
    stop_engine: CancellationToken,
    web: JoinHandle<anyhow::Result<()>>,
    loops: Vec<JoinHandle<()>>,
    pub state: AppState,
    /// Where it is served, with scheme and port.
    pub address: String,
}

impl Running {
    pub async fn start(installation: &Installation, listener: TcpListener) -> anyhow::Result<Self> {
        let tls = tls_files(&installation.config);
        let local = listener.local_addr().context("the listener has no address")?;
        let address = format!("{}://{local}", if tls.is_some() { "https" } else { "http" });
        let (stop_web, stop_engine) = (CancellationToken::new(), CancellationToken::new());
        let engine = installation.engine.clone();
        let state = AppState::new(engine, installation.clock.clone(), tls.is_some(), stop_web.clone())
            .with_process(process::look)
            .with_public(tidings_web::Public {
                url: installation.config.public.url.clone(),
                client_ip_header: installation.config.public.client_ip_header.clone(),
            });
        installation.engine.announce(&address);
        let mut loops = installation.engine.start(&stop_engine);
        loops.extend(mailroom::start(&installation.config, &installation.engine, &stop_engine).await?);
        let app = if installation.engine.roles().api {
            tidings_web::Front::new(state.clone())
        } else {
            tidings_web::bare_router(state.clone()).into()
        };
        let serving = tidings_web::serve(listener, tls, app, stop_web.clone());
        let web = tokio::spawn(async move { serving.await.map_err(anyhow::Error::from) });
        Ok(Self { stop_web, stop_engine, web, loops, state, address })
    }

    /// Until asked to stop, or the listener fails.
    pub async fn until(mut self, asked: impl Future<Output = ()>) -> anyhow::Result<()> {
        tokio::select! {
            () = asked => {}
            ended = &mut self.web => {
                self.stop_engine.cancel();
                return ended.context("the listener's task broke")?;
            }
        }
        tracing::info!("stopping: lanes are given up at once, open requests are finished");
        self.stop().await
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        // Both at once: other nodes take the lanes while we finish what was asked of us.
        self.stop_engine.cancel();
        self.stop_web.cancel();
        let served = self.web.await.context("the listener's task broke")?;
        for task in self.loops {
            task.await.context("a loop of the engine broke")?;
        }
        served
    }
}

/// Ctrl-C or SIGTERM. They are watched from this call on, not only once somebody waits.
pub fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("SIGTERM cannot be watched")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("SIGINT cannot be watched")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Opens every region, and makes the installation key where there is none yet.
pub async fn stores(
    config: &Config,
    clock: &Arc<dyn Clock>,
    ids: &Arc<IdSource>,
) -> anyhow::Result<(Regions, Option<Secret>)> {
    let regions = open_stores(config, clock, ids).await?;
    let store = regions.default_store();
    let fresh =
        if store.has_installation_key().await? { None } else { Some(store.mint_installation_key().await?) };
    Ok((regions, fresh))
}

/// Opens every region, in the order of the configuration; the first is the default.
pub async fn open_stores(
    config: &Config,
    clock: &Arc<dyn Clock>,
    ids: &Arc<IdSource>,
) -> anyhow::Result<Regions> {
    let keys = master_key::load(config)?;
    let mut stores = Vec::new();
    for (name, region) in config.regions() {
        let options = OpenOptions {
            engine: store_engine(config, name, region)?,
            region: name.to_owned(),
            keys: keys.clone(),
            ids: ids.clone(),
            clock: clock.clone(),
        };
        let store = Store::open(options).await.map_err(|error| explain(name, &error))?;
        stores.push(store);
    }
    Regions::new(stores).context("no store is configured")
}

/// Opens every region to be read while another process may serve it.
pub async fn open_readers(
    config: &Config,
    clock: &Arc<dyn Clock>,
    ids: &Arc<IdSource>,
) -> anyhow::Result<Vec<Store>> {
    let keys = master_key::load(config)?;
    let mut stores = Vec::new();
    for (name, region) in config.regions() {
        let engine = match store_engine(config, name, region)? {
            tidings_store::Engine::Sqlite { path } => {
                anyhow::ensure!(path.exists(), "the region `{name}` has no store yet; see `tidings init`");
                tidings_store::Engine::SqliteReader { path }
            }
            other => other,
        };
        let (ids, clock) = (ids.clone(), clock.clone());
        let options = OpenOptions { engine, region: name.to_owned(), keys: keys.clone(), ids, clock };
        stores.push(Store::open(options).await.map_err(|error| explain(name, &error))?);
    }
    Ok(stores)
}

/// Looks at a region's store without changing it.
pub async fn look(config: &Config, name: &str, region: &Region) -> anyhow::Result<Looked> {
    let keys = master_key::load(config)?;
    let looked = tidings_store::look(&store_engine(config, name, region)?, &keys).await;
    looked.map_err(|error| explain(name, &error))
}

pub fn store_engine(config: &Config, name: &str, region: &Region) -> anyhow::Result<tidings_store::Engine> {
    let Some(url) = &region.url else {
        return Ok(tidings_store::Engine::Sqlite { path: sqlite_path(config, name) });
    };
    if let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
        return Ok(tidings_store::Engine::Sqlite { path: PathBuf::from(path) });
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(tidings_store::Engine::Postgres {
            url: Secret::new(url.clone()),
            ca: region.ca_file.clone(),
            readers: tidings_store::limits::POSTGRES_READERS,
        });
    }
    bail!("the address of the region `{name}` begins with `postgres://` or `sqlite:`");
}

pub fn sqlite_path(config: &Config, region: &str) -> PathBuf {
    config.data_dir.join(format!("{region}.db"))
}

/// What to do about a store that does not open.
pub fn explain(region: &str, error: &StoreError) -> anyhow::Error {
    let advice = match error {
        StoreError::Locked => "; stop it, or ask it instead: `tidings --help` lists what can be asked",
        StoreError::Newer { .. } => "; run the newer version again, or restore a backup",
        StoreError::Unavailable => "; is the address right and does the database answer?",
        StoreError::Corrupt(_) => "; is this the master key that the store was made with?",
        _ => "",
    };
    if let StoreError::Internal(cause) = error {
        tracing::error!(?cause, region, "the store cannot be opened");
    }
    anyhow::anyhow!("the store of region `{region}`: {error}{advice}")
}

fn tls_files(config: &Config) -> Option<TlsFiles> {
    let (certificate, key) = config.tls.cert.clone().zip(config.tls.key.clone())?;
    Some(TlsFiles { certificate, key })
}

fn engine_config(config: &Config, node: String) -> anyhow::Result<EngineConfig> {
    let doubt = &config.dispatch.doubt_s;
    let us = |seconds: u32| i64::from(seconds) * SECOND;
    let name = &config.node.name;
    Ok(EngineConfig {
        // In the order of `Category::code`.
        doubt_us: [us(doubt.authentication), us(doubt.service), us(doubt.utility), us(doubt.marketing)],
        retention: config.retention.or(Retention::STANDARD),
        node,
        node_name: if name.is_empty() { host_name() } else { name.clone() },
        roles: Roles::parse(&config.node.roles).context("node.roles")?,
        policy: PolicyDefaults { quiet_hours: config.policy.quiet_hours == Switch::On },
        public_url: config.public.url.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        machine_boot: first_line("/proc/sys/kernel/random/boot_id"),
        ..EngineConfig::default()
    })
}

/// The name under which this process holds leases: that of its data directory, which one process has at a time.
/// So a restarted process takes up its lanes at once, where a stranger waits until the lease has run out.
fn node(config: &Config) -> anyhow::Result<String> {
    Ok(format!("{}:{}", host_name(), data_dir::node_id(&config.data_dir)?))
}

fn host_name() -> String {
    let name = first_line("/proc/sys/kernel/hostname");
    if name.is_empty() { "host".to_owned() } else { name }
}

fn first_line(path: impl AsRef<Path>) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_the_engine() {
        let config = Config { data_dir: "d".into(), ..Config::default() };
        let engine = |url: Option<&str>| {
            let region = Region { url: url.map(str::to_owned), ca_file: None };
            match store_engine(&config, "eu", &region) {
                Ok(tidings_store::Engine::Sqlite { path }) => format!("sqlite {}", path.display()),
                Ok(tidings_store::Engine::Postgres { .. }) => "postgres".to_owned(),
                Ok(_) => "other".to_owned(),
                Err(error) => error.to_string(),
            }
        };
        for (url, want) in [
            (None, "sqlite d/eu.db"),
            (Some("sqlite:/var/x.db"), "sqlite /var/x.db"),
            (Some("sqlite:///var/x.db"), "sqlite /var/x.db"),
            (Some("postgres://db/x"), "postgres"),
            (Some("postgresql://db/x"), "postgres"),
            (Some("mysql://db/x"), "the address of the region `eu` begins with `postgres://` or `sqlite:`"),
        ] {
            assert_eq!(engine(url), want);
        }
    }

    #[test]
    fn doubts_follow_the_category() {
        use tidings_domain::category::Category;
        let mut config = Config::default();
        config.dispatch.doubt_s.service = 7;
        config.dispatch.doubt_s.utility = 8;
        let engine = engine_config(&config, "node".to_owned()).expect("the roles are roles");
        for (category, seconds) in [
            (Category::Authentication, 30),
            (Category::Service, 7),
            (Category::Utility, 8),
            (Category::Marketing, 600),
        ] {
            assert_eq!(engine.doubt_for(category), seconds * SECOND);
        }
    }
}

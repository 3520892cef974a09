//! The product and the provider, composed in this process and reached over loopback.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use tidings_domain::clock::Clock;
use tidings_domain::id::IdSource;
use tidings_domain::provider::Providers;
use tidings_engine::dispatch::journal::MemoryJournals;
use tidings_engine::pipeline::Parts;
use tidings_engine::{Engine, EngineConfig, PolicyDefaults};
use tidings_providers::cloud::CloudProvider;
use tidings_providers::http::HttpTransport;
use tidings_providers::smpp::SmppProvider;
use tidings_providers::sms_http::SmsHttpProvider;
use tidings_providers::smtp::SmtpProvider;
use tidings_simulator::{Customers, SimConfig, Simulator, WebhookMode};
use tidings_store::{MasterKeys, OpenOptions, Regions, Store};
use tidings_web::AppState;

use super::clock::ShiftedClock;
use super::database::Storage;
use super::deliver::Postman;
use super::http::Http;
use super::tenant::Tenant;
use super::wire::{Impatient, Sent, Traces};

const SECOND: i64 = 1_000_000;

/// What a test may set before it starts.
pub struct Options {
    pub engine: EngineConfig,
    pub simulator: SimConfig,
    /// Microseconds that a request to the provider may take.
    pub patience_us: i64,
    pub public: tidings_web::Public,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            engine: EngineConfig {
                doubt_us: [SECOND; 4],
                // Tests run at any hour; those of quiet hours turn them on.
                policy: PolicyDefaults { quiet_hours: false },
                ..EngineConfig::default()
            },
            simulator: SimConfig {
                review_us: 20_000,
                customers: quick(),
                webhook: WebhookMode { max_batch: 20, batch_window_us: 1_000 },
                ..SimConfig::default()
            },
            patience_us: SECOND / 2,
            public: tidings_web::Public::default(),
        }
    }
}

/// People who read at once and never answer.
fn quick() -> Customers {
    Customers {
        sent_median_ms: 5.0,
        delivery_median_ms: 5.0,
        read_median_ms: 5.0,
        read_share: 1.0,
        failed_share: 0.0,
        reply_share: 0.0,
        stop_share: 0.0,
        ..Customers::default()
    }
}

pub struct TestApp {
    pub http: Http,
    /// With the installation key.
    pub installation: Http,
    pub engine: Engine,
    pub simulator: Simulator,
    pub provider_url: String,
    pub clock: Arc<ShiftedClock>,
    /// The `traceparent` of requests to the provider.
    pub traces: Traces,
    /// The bodies of requests to send.
    pub sent: Sent,
    stop: CancellationToken,
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl TestApp {
    pub async fn start(storage: Storage) -> Self {
        Self::with(storage, |_| {}).await
    }

    pub async fn with(storage: Storage, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = Options::default();
        change(&mut options);
        let clock = ShiftedClock::start();
        let stop = CancellationToken::new();
        let (simulator, provider_url) = serve_provider(options.simulator, &clock, &stop).await;
        let (traces, sent) = (Traces::default(), Sent::default());
        let seen = (traces.clone(), sent.clone());
        let (engine, key) =
            compose(storage, options.engine, options.patience_us, &provider_url, &clock, seen).await;
        engine.start(&stop);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let state =
            AppState::new(engine.clone(), clock.clone(), false, stop.clone()).with_public(options.public);
        tokio::spawn(tidings_web::serve(listener, None, tidings_web::Front::new(state), stop.clone()));
        let http = Http::new(url);
        let installation = http.with_token(&key);
        Self { http, installation, engine, simulator, provider_url, clock, traces, sent, stop }
    }

    /// A tenant with an account, a number and the sample templates.
    pub async fn tenant(&self) -> Tenant {
        Tenant::make(&self.installation, &self.simulator, "Acme Parcels", 0).await
    }

    pub fn now_us(&self) -> i64 {
        self.clock.now().micros()
    }

    /// The time as requests write it.
    pub fn clock_text(&self) -> String {
        self.clock.now().to_string()
    }

    /// A counter of the engine by its name.
    pub fn counter(&self, name: &str) -> u64 {
        let found = self.engine.metrics().snapshot().into_iter().find(|(each, ..)| *each == name);
        found.unwrap_or_else(|| panic!("there is no counter {name}")).2
    }

    /// A further tenant, in all its numbers apart from the others.
    pub async fn tenant_number(&self, number: usize) -> Tenant {
        Tenant::make(&self.installation, &self.simulator, &format!("Tenant {number}"), number).await
    }
}

async fn serve_provider(
    config: SimConfig,
    clock: &Arc<ShiftedClock>,
    stop: &CancellationToken,
) -> (Simulator, String) {
    let clock = clock.clone();
    provider(config, Arc::new(move || clock.now().micros()), stop).await
}

/// A provider without faults, and people who get and read messages at once and never answer.
pub fn quick_provider() -> SimConfig {
    let customers = Customers {
        sent_median_ms: 20.0,
        delivery_median_ms: 40.0,
        read_median_ms: 60.0,
        reply_share: 0.0,
        stop_share: 0.0,
        ..Customers::default()
    };
    SimConfig { customers, review_us: 20_000, ..SimConfig::default() }
}

/// A simulated provider on loopback, and its address.
pub async fn provider(config: SimConfig, clock: Clocked, stop: &CancellationToken) -> (Simulator, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
    let simulator = Simulator::new(config);
    let stop = stop.clone();
    let postman = Arc::new(Postman(Http::new("").client));
    let serving =
        tidings_simulator::serve_with_clock(listener, simulator.clone(), postman, clock, async move {
            stop.cancelled().await;
        });
    tokio::spawn(serving);
    (simulator, url)
}

/// Microseconds since 1970.
type Clocked = Arc<dyn Fn() -> i64 + Send + Sync>;

async fn compose(
    storage: Storage,
    config: EngineConfig,
    patience_us: i64,
    provider_url: &str,
    clock: &Arc<ShiftedClock>,
    (traces, sent): (Traces, Sent),
) -> (Engine, String) {
    let clock: Arc<dyn Clock> = clock.clone();
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&clock.now().micros().to_le_bytes());
    let ids = Arc::new(IdSource::seeded(seed));
    let options = OpenOptions {
        engine: storage.engine(),
        region: "main".to_owned(),
        keys: MasterKeys::single([7; 32]),
        ids: ids.clone(),
        clock: clock.clone(),
    };
    let store = Store::open(options).await.expect("a fresh store opens");
    let key = store.mint_installation_key().await.expect("a fresh store makes its key");
    let wire = Arc::new(Impatient { inner: HttpTransport::default(), total_us: patience_us, traces, sent });
    let provider = CloudProvider::new(wire.clone(), wire, provider_url, "v24.0").expect("a loopback address");
    let engine = Engine::new(Parts {
        regions: Regions::new(vec![store]).expect("one region"),
        providers: Providers::default()
            .with(Arc::new(provider))
            .with(Arc::new(SmppProvider::new(clock.clone())))
            .with(Arc::new(SmsHttpProvider::new(Arc::new(HttpTransport::default()), clock.clone())))
            .with(Arc::new(SmtpProvider::new(clock.clone()))),
        clock,
        ids,
        config,
        journals: Arc::new(MemoryJournals::default()),
    });
    (engine, key.expose().to_owned())
}

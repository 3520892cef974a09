//! The real program with a simulated provider beside it, watched from outside: memory, log, answers.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use tidings_simulator::{Customers, Deliver, SimConfig, Simulator};
use tidings_store::Engine;

use super::database::Storage;
use super::deliver::Postman;
use super::environment;
use super::http::Http;
use super::program::{free_port, machine_us};
use super::tenant::Tenant;
use super::wait::eventually;

/// What a storm may set before the program starts.
pub struct Setting {
    pub simulator: SimConfig,
    pub variables: Vec<(String, String)>,
    /// Somewhere else than in a directory of the test's own.
    pub data_dir: Option<PathBuf>,
    /// Carries callbacks in place of the usual client.
    pub deliver: Arc<dyn Deliver>,
    /// Where the program believes its provider to be, if not at the simulator.
    pub provider_url: Option<String>,
}

impl Default for Setting {
    fn default() -> Self {
        let customers = Customers {
            sent_median_ms: 5.0,
            delivery_median_ms: 10.0,
            read_median_ms: 20.0,
            read_share: 1.0,
            failed_share: 0.0,
            reply_share: 0.0,
            stop_share: 0.0,
            ..Customers::default()
        };
        Self {
            simulator: SimConfig { customers, ..SimConfig::default() },
            variables: Vec::new(),
            data_dir: None,
            deliver: Arc::new(Postman(Http::new("").client)),
            provider_url: None,
        }
    }
}

pub struct Rig {
    child: Child,
    pub http: Http,
    pub installation: Http,
    pub simulator: Simulator,
    /// Of the simulator itself.
    pub provider_url: String,
    pub data_dir: PathBuf,
    log: PathBuf,
    variables: Vec<(String, String)>,
    port: u16,
    _dir: TempDir,
    stop: CancellationToken,
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Rig {
    pub async fn start(storage: &Storage) -> Self {
        Self::with(storage, |_| {}).await
    }

    pub async fn with(storage: &Storage, change: impl FnOnce(&mut Setting)) -> Self {
        let mut setting = Setting::default();
        change(&mut setting);
        let dir = tempfile::tempdir().expect("a directory for the test");
        let stop = CancellationToken::new();
        let (simulator, url) = provider(setting.simulator, setting.deliver, &stop).await;
        let mut variables = setting.variables;
        variables.push((
            "TIDINGS_PROVIDERS__CLOUD__BASE_URL".to_owned(),
            setting.provider_url.unwrap_or_else(|| url.clone()),
        ));
        if let Engine::Postgres { url, .. } = storage.engine() {
            variables.push(("TIDINGS_STORE__URL".to_owned(), url.expose().to_owned()));
        }
        let data_dir = setting.data_dir.unwrap_or_else(|| dir.path().join("data"));
        let log = dir.path().join("log");
        let named = data_dir.to_str().expect("a test's directory is text");
        let made = command(&variables, &["init", "--data-dir", named, "--json"]).output().await;
        let made = made.expect("the program starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let made: Value = serde_json::from_slice(&made.stdout).expect("one JSON value");
        let port = free_port().await;
        let child = serve(&variables, &data_dir, &log, port);
        let http = Http::new(format!("http://127.0.0.1:{port}"));
        let key = made["installation_key"].as_str().expect("a fresh store makes its key");
        let installation = http.with_token(key);
        let rig = Self {
            child,
            http,
            installation,
            simulator,
            provider_url: url,
            data_dir,
            log,
            variables,
            port,
            _dir: dir,
            stop,
        };
        rig.ready().await;
        rig
    }

    pub async fn ready(&self) {
        eventually("`serve` to be ready", async || {
            let answer = self.http.client.get(format!("{}/readyz", self.http.base)).send().await;
            answer.is_ok_and(|answer| answer.status() == 200).then_some(())
        })
        .await;
    }

    pub async fn tenant(&self, number: usize) -> Tenant {
        Tenant::make(&self.installation, &self.simulator, &format!("Tenant {number}"), number).await
    }

    pub fn pid(&self) -> u32 {
        self.child.id().expect("the program runs")
    }

    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// MiB of the program in memory, now and at most so far.
    pub fn memory_mb(&self) -> (u64, u64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.split_whitespace().next().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0) / 1024
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    /// What the program has said so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// `kill -9`, and the same again.
    pub async fn kill_and_serve_again(&mut self) {
        self.child.kill().await.expect("a running child can be killed");
        self.child = serve(&self.variables, &self.data_dir, &self.log, self.port);
        self.ready().await;
    }
}

fn command(variables: &[(String, String)], args: &[&str]) -> Command {
    let mut command = Command::new(environment::program());
    // Tests run at any hour.
    command.env("TIDINGS_POLICY__QUIET_HOURS", "off");
    command.args(args).envs(variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

fn serve(variables: &[(String, String)], data_dir: &Path, log: &Path, port: u16) -> Child {
    let listen = format!("127.0.0.1:{port}");
    let named = data_dir.to_str().expect("a test's directory is text");
    let mut command = command(variables, &["serve", "--data-dir", named, "--listen", &listen]);
    let file = std::fs::OpenOptions::new().create(true).append(true).open(log).expect("a file for the log");
    command.stdout(Stdio::null()).stderr(file);
    command.spawn().expect("the program starts")
}

async fn provider(
    config: SimConfig,
    deliver: Arc<dyn Deliver>,
    stop: &CancellationToken,
) -> (Simulator, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
    let simulator = Simulator::new(config);
    let stop = stop.clone();
    let serving = simulator.clone();
    tokio::spawn(async move {
        let until = async move { stop.cancelled().await };
        tidings_simulator::serve_with_clock(listener, serving, deliver, Arc::new(machine_us), until).await;
    });
    (simulator, url)
}

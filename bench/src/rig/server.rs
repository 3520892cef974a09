//! The server with a tenant, an account, its senders and templates.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::process::{Process, Programs, free_address};
use super::simulator::{Counts, Receipts, Simulator};
use crate::clock;
use crate::limits::{CATALOGUE_TIME, FIRST_POLL, READY_TIME, STALL_TIME};
use crate::load::{Intents, Target, Template};
use crate::postgres::{Database, Postgres};
use crate::proc;

/// How a rig is made.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub name: &'static str,
    pub receipts: Receipts,
    /// Whether the simulator keeps every submission.
    pub ledger: bool,
    pub senders: usize,
    pub sender_rate: f64,
}

/// Fields are dropped in order: first the programs, then what they stored.
pub struct Rig {
    pub api: Target,
    pub simulator: Simulator,
    server: Process,
    launch: Launch,
    senders: Vec<String>,
    database: Option<Database>,
    dir: TempDir,
}

/// What the server is started with, each time.
struct Launch {
    programs: Programs,
    data: PathBuf,
    address: SocketAddr,
    variables: Vec<(&'static str, String)>,
}

impl Launch {
    fn start(&self, dir: &Path) -> Result<Process> {
        let (data, listen) = (self.data.display().to_string(), self.address.to_string());
        let args = ["serve", "--data-dir", &data, "--listen", &listen];
        self.programs.start("server", dir, &args, &self.variables)
    }

    async fn ready(&self, server: &mut Process) -> Result<()> {
        let anyone = Target::new(self.address, None)?;
        server.ready(READY_TIME, async || anyone.answers("/readyz").await).await
    }
}

/// CPU time so far, in microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    pub server: f64,
    pub simulator: f64,
    pub bench: f64,
    pub postgres: Option<f64>,
}

impl Rig {
    pub async fn start(
        programs: &Programs,
        dir: &Path,
        postgres: Option<&Postgres>,
        setting: Setting,
    ) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("tidings-bench-").tempdir_in(dir)?;
        let simulator = Simulator::start(programs, dir.path(), setting.receipts, setting.ledger).await?;
        let database = match postgres {
            None => None,
            Some(postgres) => Some(postgres.create(setting.name).await?),
        };
        let mut variables = vec![("TIDINGS_PROVIDERS__CLOUD__BASE_URL", simulator.base_url())];
        if let Some(database) = &database {
            variables.push(("TIDINGS_STORE__URL", database.url.clone()));
        }
        let data = dir.path().join("data");
        let shown = data.display().to_string();
        let made = programs.run(dir.path(), &["init", "--data-dir", &shown, "--json"], &variables).await?;
        let operator = text(&made, "installation_key")?;
        let address = free_address()?;
        let launch = Launch { programs: programs.clone(), data, address, variables };
        let mut server = launch.start(dir.path())?;
        launch.ready(&mut server).await?;
        let installation = Target::new(address, Some(&operator))?;
        let tenant = installation.post("/v1/tenants", &json!({"name": "Benchmark"})).await?;
        let api = Target::new(address, Some(&text(&tenant, "key")?))?;
        let mut rig = Self { api, simulator, server, launch, senders: Vec::new(), database, dir };
        rig.furnish(setting).await.with_context(|| rig.server.log_tail())?;
        Ok(rig)
    }

    async fn furnish(&mut self, setting: Setting) -> Result<()> {
        let (business, token, secret, word) =
            ("102290129340398", "bench-token", "bench-secret", "bench-word");
        let account = json!({"provider": "cloud", "business_account_id": business, "access_token": token,
            "app_secret": secret, "verify_token": word});
        let account = self.api.post("/v1/accounts", &account).await?;
        let callback = format!("http://{}{}", self.api.address, text(&account, "callback_path")?);
        // The simulator enforces the rates that the server is told, but for rates below what it is there to measure.
        let number = |n: usize| json!({"id": provider_ref(n), "display": address(n), "mps": setting.sender_rate.max(1.0)});
        let provision = json!({"business_account_id": business, "access_token": token, "app_secrets": [secret],
            "verify_token": word, "callback_url": callback, "templates": Template::provisioned(),
            "phone_numbers": (0..setting.senders).map(number).collect::<Vec<_>>()});
        self.simulator.provision(&provision).await?;
        let account = text(&account, "id")?;
        for n in 0..setting.senders {
            let sender = json!({"account": account, "channel": "whatsapp", "address": address(n),
                "provider_ref": provider_ref(n), "messages_per_s": setting.sender_rate});
            self.senders.push(text(&self.api.post("/v1/senders", &sender).await?, "id")?);
        }
        self.api.post("/v1/templates/sync", &json!({"account": account})).await?;
        tokio::time::sleep(CATALOGUE_TIME).await;
        Ok(())
    }

    /// Intents of a template from all the senders.
    pub fn intents(&self, template: Template, area: usize) -> Intents {
        Intents { template, area, senders: self.senders.clone() }
    }

    pub fn cpu(&self) -> Result<Cpu> {
        let postgres = self.database.as_ref().and_then(|database| database.server_pid);
        Ok(Cpu {
            server: proc::cpu_us(self.server.pid())?,
            simulator: proc::cpu_us(self.simulator.pid())?,
            bench: proc::cpu_us(std::process::id())?,
            postgres: postgres.map(proc::family_cpu_us).transpose()?,
        })
    }

    /// Stops the server as a supervisor does; the seconds until it was gone. The simulator stays.
    pub async fn stop_server(&mut self) -> Result<f64> {
        let begin = clock::now();
        self.server.terminate().await?;
        Ok(clock::seconds(begin))
    }

    /// Starts the stopped server again, at the address where it was.
    pub async fn start_server(&mut self) -> Result<()> {
        self.server = self.launch.start(self.dir.path())?;
        self.launch.ready(&mut self.server).await
    }

    /// Starts the stopped server again; the seconds until the simulator saw a submission of it.
    pub async fn start_until_submission(&mut self) -> Result<f64> {
        let before = self.simulator.counts().await?.submissions;
        let begin = clock::now();
        self.server = self.launch.start(self.dir.path())?;
        while self.simulator.counts().await?.submissions == before {
            self.server.check()?;
            ensure!(
                begin.elapsed() < STALL_TIME,
                "nothing was submitted in {STALL_TIME:?}: {}",
                self.log_tail()
            );
            tokio::time::sleep(FIRST_POLL).await;
        }
        Ok(clock::seconds(begin))
    }

    /// Where its rows are, for who writes there while the server is stopped.
    pub fn place(&self) -> (Option<&Database>, PathBuf) {
        (self.database.as_ref(), self.launch.data.join("main.db"))
    }

    pub fn log_tail(&self) -> String {
        self.server.log_tail()
    }

    pub fn peak_rss_mb(&self) -> Result<f64> {
        proc::peak_rss_mb(self.server.pid())
    }

    /// Waits until the simulator's counts are as wanted; fails when nothing moves any more.
    pub async fn until(&self, what: &str, reached: impl Fn(&Counts) -> bool) -> Result<Counts> {
        let mut last = (Counts::default(), clock::now());
        loop {
            let counts = self.simulator.counts().await?;
            if reached(&counts) {
                return Ok(counts);
            }
            if counts != last.0 {
                last = (counts, clock::now());
            } else if last.1.elapsed() > STALL_TIME {
                let overview = self.api.get("/v1/overview").await.unwrap_or_default();
                anyhow::bail!(
                    "{what}: nothing moved for {STALL_TIME:?}; simulator {counts:?}; server {overview}; {}",
                    self.server.log_tail()
                );
            }
            tokio::time::sleep(crate::limits::COUNT_POLL).await;
        }
    }

    /// The newest messages' states as the server reports them.
    pub async fn newest_statuses(&self, limit: usize) -> Result<Vec<String>> {
        let page = self.api.call(Method::GET, &format!("/v1/messages?limit={limit}"), None).await?;
        let messages = page["messages"].as_array().context("the list of messages is not understood")?;
        messages.iter().map(|message| text(message, "status")).collect()
    }

    /// Ends the programs and takes their stores away.
    pub async fn stop(self) -> Result<()> {
        let Self { server, simulator, database, dir, .. } = self;
        drop(server);
        drop(simulator);
        if let Some(database) = database {
            database.remove().await?;
        }
        dir.close().context("the temporary folder stays behind")
    }
}

fn address(n: usize) -> String {
    format!("+1202456{n:04}")
}

fn provider_ref(n: usize) -> String {
    format!("10654035224{n:04}")
}

fn text(value: &Value, key: &str) -> Result<String> {
    let found = value[key].as_str().with_context(|| format!("no `{key}` in the answer"))?;
    Ok(found.to_owned())
}

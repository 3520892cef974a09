//! One file per command.

mod accounts;
mod backup;
mod consents;
mod console;
mod contacts;
mod demo;
mod doctor;
mod explain;
mod imports;
mod init;
mod master_key;
mod messages;
mod migrate;
mod nodes;
mod pauses;
mod policy;
mod recover;
mod restore;
mod rotate;
mod serve;
mod sim;
mod templates;
mod tenants;
mod verifications;
mod view;

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::{Cli, Command};
use crate::config::{Config, environment};
use crate::logging;
use crate::output::Out;

/// Why a command ends with another status than 0.
#[derive(Debug)]
pub enum Failure {
    /// Exit status 2.
    Usage(String),
    /// Exit status 1; the answer has said why.
    Said,
    /// Exit status 1.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

pub type Outcome = Result<(), Failure>;

pub async fn run(cli: Cli, out: Out) -> Outcome {
    let file = cli.config.as_deref();
    match cli.command {
        Command::Demo(args) => demo::run(args, load(file, None)?, out).await,
        Command::Init(args) => init::run(load(file, args.data_dir.as_deref())?, out).await,
        Command::Serve(args) => {
            serve::run(args.listen, args.roles, load(file, args.data_dir.as_deref())?, out).await
        }
        Command::Sim(args) => sim::run(args, load(file, None)?, out).await,
        Command::Doctor(args) if args.ledger => {
            doctor::check_ledger(file, args.data_dir.as_deref(), out).await
        }
        Command::Doctor(args) => doctor::run(file, args.data_dir.as_deref(), out).await,
        Command::Migrate(args) => migrate::run(load(file, args.data_dir.as_deref())?, out).await,
        Command::Backup(args) => backup::run(&args.to, load(file, args.data_dir.as_deref())?, out).await,
        Command::Restore(args) => {
            let config = load(file, args.data_dir.as_deref())?;
            restore::run(&args.from, args.lost_at.as_deref(), config, out).await
        }
        Command::Recover(args) => recover::run(args, out).await,
        Command::Settings(args) => settings(&load(file, args.data_dir.as_deref())?, out),
        Command::Explain(args) => explain::run(&args, out).await,
        Command::Console(server) => console::run(&server, out).await,
        Command::Tenant(command) => tenants::tenant(command, out).await,
        Command::Key(command) => tenants::key(command, out).await,
        Command::Account(command) => accounts::account(command, out).await,
        Command::Sender(command) => accounts::sender(command, out).await,
        Command::Template(command) => templates::run(command, out).await,
        Command::Message(command) => messages::run(command, out).await,
        Command::Verification(command) => verifications::run(command, out).await,
        Command::Consent(command) => consents::run(command, out).await,
        Command::Contact(command) => contacts::run(command, out).await,
        Command::MasterKey(command) => master_key::run(command, file, out).await,
        Command::Rotate(command) => rotate::run(command, out).await,
        Command::Node(command) => nodes::run(command, out).await,
        Command::Pause(command) => pauses::run(command, out).await,
        Command::Policy(command) => policy::run(command, out).await,
        Command::Bench => {
            Err(Failure::Usage("the benchmark is a program of its own: run `cargo xtask bench`".to_owned()))
        }
    }
}

/// The configuration with the directory of the command line, and the log it asks for.
fn load(file: Option<&Path>, data_dir: Option<&Path>) -> Result<Config, Failure> {
    let config = read(file, data_dir).map_err(|error| Failure::Failed(error.into()))?;
    logging::start(&config.log);
    Ok(config)
}

fn read(file: Option<&Path>, data_dir: Option<&Path>) -> Result<Config, crate::config::ConfigError> {
    let mut config = Config::load(file, &environment())?;
    if let Some(dir) = data_dir {
        config.data_dir = dir.to_owned();
    }
    Ok(config)
}

fn settings(config: &Config, out: Out) -> Outcome {
    let text = config.shown();
    let value: Value = toml::from_str(&text).unwrap_or_else(|_| json!({}));
    Ok(out.answer(&value, || text)?)
}

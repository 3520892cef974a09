//! Processes that are ended with the value that holds them, however the benchmark ends.

use std::ffi::OsString;
use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::clock;
use crate::limits::{COMMAND_TIME, LOG_TAIL_BYTES, READY_POLL, STOP_TIME};

/// The `tidings` executable, and the variables that it must not inherit.
#[derive(Debug, Clone)]
pub struct Programs {
    pub tidings: PathBuf,
    /// Settings of the surroundings, which would change what is measured.
    pub foreign: Vec<OsString>,
}

/// A running process with its log.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: &'static str,
    log: PathBuf,
}

impl Programs {
    /// The command with a clean environment, in `dir`, so that no configuration file is found by chance.
    fn command(&self, dir: &Path, args: &[&str], variables: &[(&str, String)]) -> Command {
        let mut command = Command::new(&self.tidings);
        for name in &self.foreign {
            command.env_remove(name);
        }
        command.args(args).envs(variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(dir).stdin(Stdio::null());
        command
    }

    pub fn start(
        &self,
        name: &'static str,
        dir: &Path,
        args: &[&str],
        variables: &[(&str, String)],
    ) -> Result<Process> {
        let log = dir.join(format!("{name}.log"));
        let file = File::create(&log).with_context(|| format!("cannot make {}", log.display()))?;
        let mut command = self.command(dir, args, variables);
        command.stdout(file.try_clone()?).stderr(file);
        let child = command.spawn().with_context(|| format!("cannot start {}", self.tidings.display()))?;
        Ok(Process { child, name, log })
    }

    /// Runs a command that prints one JSON value.
    pub async fn run(&self, dir: &Path, args: &[&str], variables: &[(&str, String)]) -> Result<Value> {
        let mut command = tokio::process::Command::from(self.command(dir, args, variables));
        command.kill_on_drop(true);
        let output = tokio::time::timeout(COMMAND_TIME, command.output());
        let output = output.await.context("the command did not end in time")?;
        let output = output.with_context(|| format!("cannot start {}", self.tidings.display()))?;
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            bail!("`tidings {}` failed: {complaint}", args.join(" "));
        }
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("`tidings {}` printed no JSON", args.join(" ")))
    }
}

impl Process {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `probe` succeeds, or says why the process ended.
    pub async fn ready(
        &mut self,
        within: std::time::Duration,
        mut probe: impl AsyncFnMut() -> bool,
    ) -> Result<()> {
        let deadline = clock::now() + within;
        while clock::now() < deadline {
            self.check()?;
            if probe().await {
                return Ok(());
            }
            tokio::time::sleep(READY_POLL).await;
        }
        bail!("{} was not ready within {within:?}: {}", self.name, self.log_tail())
    }

    /// Asks the program to end, as a supervisor does, and waits for it.
    pub async fn terminate(&mut self) -> Result<()> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().context("cannot run kill")?;
        let deadline = clock::now() + STOP_TIME;
        while clock::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "{} ended with {status}: {}", self.name, self.log_tail());
                return Ok(());
            }
            tokio::time::sleep(READY_POLL / 5).await;
        }
        bail!("{} did not end within {STOP_TIME:?}: {}", self.name, self.log_tail())
    }

    /// Fails if the program has ended.
    pub fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => bail!("{} ended ({status}): {}", self.name, self.log_tail()),
        }
    }

    pub fn log_tail(&self) -> String {
        let bytes = fs::read(&self.log).unwrap_or_default();
        let from = bytes.len().saturating_sub(LOG_TAIL_BYTES);
        format!("the end of its log:\n{}", String::from_utf8_lossy(&bytes[from..]))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody left to tell either way.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address that nobody listens at just now.
pub fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free loopback port")?;
    Ok(listener.local_addr()?)
}

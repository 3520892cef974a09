//! The real program as a child process.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::process::{Child, Command};

use super::database::Storage;
use super::environment;
use super::http::Http;
use super::wait::eventually;
use crate::limits::START;

/// Runs `tidings` with the environment of a test and nothing else of the caller's that it would read.
pub struct Program {
    path: PathBuf,
    variables: Vec<(String, String)>,
    log: Option<PathBuf>,
}

/// A `tidings serve` that answers.
pub struct Served {
    child: Child,
    pub http: Http,
}

/// What a finished command left.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Default for Program {
    fn default() -> Self {
        Self { path: environment::program(), variables: Vec::new(), log: None }
    }
}

impl Program {
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// What `serve` logs goes into this file.
    #[must_use]
    pub fn logging_to(self, path: &Path) -> Self {
        Self { log: Some(path.to_owned()), ..self }
    }

    /// With the store of a test, where that is not a file in the data directory.
    #[must_use]
    pub fn on(self, storage: &Storage) -> Self {
        match storage.postgres_url() {
            Some(url) => self.with("TIDINGS_STORE__URL", url),
            None => self,
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        // Tests run at any hour.
        command.env("TIDINGS_POLICY__QUIET_HOURS", "off");
        command.args(args).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, args: &[&str]) -> Finished {
        let output = self.command(args).output().await.expect("the program starts");
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs a command that must succeed, and reads its one JSON value.
    pub async fn json(&self, args: &[&str]) -> Value {
        let finished = self.run(args).await;
        assert_eq!(finished.code, Some(0), "{args:?}\n{}\n{}", finished.stdout, finished.stderr);
        serde_json::from_str(&finished.stdout)
            .unwrap_or_else(|error| panic!("{args:?}: {error}\n{}", finished.stdout))
    }

    /// Starts `serve` on this port and waits until it is ready.
    pub async fn serve(&self, data_dir: &Path, port: u16) -> Served {
        let listen = format!("127.0.0.1:{port}");
        let dir = data_dir.to_str().expect("a test's directory is text");
        let mut command = self.command(&["serve", "--data-dir", dir, "--listen", &listen]);
        let log = self.log.as_ref().map(|path| std::fs::File::create(path).expect("a file for the log"));
        command.stdout(Stdio::null()).stderr(log.map_or_else(Stdio::null, Stdio::from));
        let mut child = command.spawn().expect("the program starts");
        let http = Http::new(format!("http://{listen}"));
        let ready = async || {
            if let Ok(Some(status)) = child.try_wait() {
                panic!("`serve` ended by itself: {status}");
            }
            let answer = http.client.get(format!("{}/readyz", http.base)).send().await;
            answer.is_ok_and(|answer| answer.status() == 200).then_some(())
        };
        let waited = tokio::time::timeout(START, eventually("`serve` to be ready", ready)).await;
        waited.expect("`serve` is ready in time");
        Served { child, http }
    }
}

impl Served {
    /// Sends a signal by its name, such as `STOP`.
    pub async fn signal(&self, name: &str) {
        let pid = self.child.id().expect("a running child has a number").to_string();
        let sent = Command::new("kill").args([&format!("-{name}"), &pid]).status().await;
        assert!(sent.is_ok_and(|status| status.success()), "the child can be sent a signal");
    }

    /// `kill -9`: no destructor, no flush.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("a running child can be killed");
    }

    /// Asks it to stop, and waits for its end.
    pub async fn stop(self) -> Option<i32> {
        self.signal("TERM").await;
        self.ended().await
    }

    /// Waits for the end that was asked for.
    pub async fn ended(mut self) -> Option<i32> {
        self.child.wait().await.expect("the child can be waited for").code()
    }
}

/// A port that nobody listens at.
pub async fn free_port() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("a bound listener has an address").port()
}

/// Microseconds since 1970, as the program under test has them.
#[expect(clippy::disallowed_methods, reason = "the program under test lives in the machine's time")]
pub fn machine_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

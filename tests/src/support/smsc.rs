//! An SMSC that we did not write, as a process of its own.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::environment;
use crate::limits::PATIENCE;

pub struct Smsc {
    pub port: u16,
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    input: ChildStdin,
}

impl Smsc {
    /// `None` where it was left out by choice.
    pub async fn start(port: u16, options: &[&str]) -> Option<Self> {
        let python = environment::smpp_python()?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/smsc.py");
        let mut process = Command::new(python)
            .arg(script)
            .arg(port.to_string())
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the SMSC starts");
        let lines = BufReader::new(process.stdout.take().expect("it is piped")).lines();
        let input = process.stdin.take().expect("it is piped");
        let mut smsc = Self { port, process, lines, input };
        smsc.until("ready").await;
        Some(smsc)
    }

    /// The next event of this kind; those before it are passed over.
    pub async fn until(&mut self, event: &str) -> Value {
        let found = async {
            loop {
                let line = self.lines.next_line().await.expect("it speaks").expect("it lives");
                let value: Value = serde_json::from_str(&line).expect("it speaks JSON");
                if value["event"] == event {
                    return value;
                }
            }
        };
        let waited = tokio::time::timeout(PATIENCE, found).await;
        waited.unwrap_or_else(|_| panic!("waited in vain for the SMSC to say {event}"))
    }

    /// Has it bring a message.
    pub async fn bring(&mut self, message: &Value) -> Value {
        self.input.write_all(format!("{message}\n").as_bytes()).await.expect("it listens");
        self.until("deliver_resp").await
    }

    /// Ends it at once, with whatever it has not answered.
    pub async fn kill(mut self) {
        self.process.kill().await.expect("it was running");
    }
}

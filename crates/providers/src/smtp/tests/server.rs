//! A mail server that answers by a script.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What it answers to a command that begins so; "" closes the connection.
pub type Script = &'static [(&'static str, &'static str)];

pub struct Server {
    pub port: u16,
    /// All lines that came, of all connections; one line `connected` for each.
    heard: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Commands that the script does not name get the usual answers.
    pub async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let all = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(talk(stream, script, all.clone()));
            }
        });
        Self { port, heard }
    }

    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// How often a line that begins so came.
    pub fn count(&self, head: &str) -> usize {
        self.heard().iter().filter(|line| line.starts_with(head)).count()
    }
}

async fn talk(stream: TcpStream, script: Script, heard: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    heard.lock().unwrap().push("connected".to_owned());
    let usual = |line: &str| match line.split(' ').next().unwrap_or_default() {
        "greeting" => "220 here",
        "EHLO" => "250-here\r\n250-DSN\r\n250 AUTH PLAIN LOGIN",
        "DATA" => "354 go on",
        "QUIT" => "221 bye",
        _ => "250 2.0.0 fine",
    };
    let answer = |line: &str| {
        let scripted = script.iter().find(|(head, _)| line.starts_with(head));
        scripted.map_or_else(|| usual(line), |(_, text)| *text).to_owned()
    };
    let mut line = "greeting".to_owned();
    let mut in_mail = false;
    loop {
        if !in_mail || line == "." {
            let text = answer(&line);
            if text.is_empty() || stream.write_all(format!("{text}\r\n").as_bytes()).await.is_err() {
                return;
            }
            in_mail = text.starts_with("354");
        }
        line.clear();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        heard.lock().unwrap().push(line.clone());
    }
}

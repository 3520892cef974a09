//! A PostgreSQL primary with a synchronous standby, for tests that take one away: from Debian's programs, on free
//! loopback ports, gone when dropped.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use tempfile::TempDir;
use tokio_postgres::NoTls;

use super::program::free_port;
use super::wait::eventually;

/// Two servers; the second follows the first, and commits wait for it.
pub struct Pair {
    primary: Server,
    standby: Server,
    programs: PathBuf,
    // Dropped last: the servers are stopped before their folders go.
    _dir: TempDir,
}

struct Server {
    process: Child,
    port: u16,
    data: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

impl Server {
    /// `kill -9` of the postmaster and of each of its children, as when the machine goes.
    fn end(&mut self) {
        let postmaster = self.process.id().to_string();
        let listed = Command::new("ps").args(["-o", "pid=", "--ppid", &postmaster]).output();
        let mut pids = vec![postmaster];
        if let Ok(output) = listed {
            pids.extend(String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned));
        }
        let _ = Command::new("kill").arg("-9").args(&pids).status();
        let _ = self.process.wait();
    }

    fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Pair {
    pub async fn start() -> Self {
        let dir = tempfile::tempdir().expect("a folder for the servers");
        let programs = programs();
        let owner = owner();
        if let Some((user, group)) = owner {
            std::os::unix::fs::chown(dir.path(), Some(user), Some(group))
                .expect("the folder can be given away");
        }
        let (first, second) = (dir.path().join("first"), dir.path().join("second"));
        let run = |program: &str, args: &[&str]| {
            let mut command = Command::new(programs.join(program));
            let done =
                as_owner(command.args(args).current_dir(dir.path()), owner).output().expect("it starts");
            assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
        };
        run(
            "initdb",
            &["-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync", "-D", text(&first)],
        );
        let primary = serve(&programs, dir.path(), &first, owner).await;
        let port = primary.port.to_string();
        let source = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres"];
        run(
            "pg_basebackup",
            &[&source[..], &["-D", text(&second), "-R", "-X", "stream", "-c", "fast"]].concat(),
        );
        let standby = serve(&programs, dir.path(), &second, owner).await;
        ask(&primary.url(), "ALTER SYSTEM SET synchronous_standby_names = '*'").await;
        ask(&primary.url(), "SELECT pg_reload_conf()").await;
        eventually("the standby to be synchronous", async || {
            let state = ask(&primary.url(), "SELECT sync_state FROM pg_stat_replication").await;
            (state.first().map(String::as_str) == Some("sync")).then_some(())
        })
        .await;
        Self { primary, standby, programs, _dir: dir }
    }

    /// Both servers, in the way a configuration names them.
    pub fn url(&self) -> String {
        format!(
            "postgres://postgres@127.0.0.1:{},127.0.0.1:{}/postgres",
            self.primary.port, self.standby.port
        )
    }

    /// The primary dies without a word.
    pub fn lose_primary(&mut self) {
        self.primary.end();
    }

    /// What a fail-over manager would do.
    pub fn promote(&self) {
        let mut command = Command::new(self.programs.join("pg_ctl"));
        command.args(["promote", "-D", text(&self.standby.data)]);
        let done = as_owner(&mut command, owner()).current_dir("/").output().expect("pg_ctl starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
}

async fn serve(programs: &Path, dir: &Path, data: &Path, owner: Option<(u32, u32)>) -> Server {
    let port = free_port().await;
    let log = File::create(data.with_extension("log")).expect("a log");
    let mut command = Command::new(programs.join("postgres"));
    command.arg("-D").arg(data).args(["-p", &port.to_string()]).arg("-k").arg(dir).current_dir(dir);
    for setting in ["listen_addresses=127.0.0.1", "fsync=on", "max_connections=100", "wal_level=replica"] {
        command.args(["-c", setting]);
    }
    let process = as_owner(&mut command, owner).stdout(log.try_clone().expect("a log")).stderr(log).spawn();
    let server = Server { process: process.expect("PostgreSQL starts"), port, data: data.to_owned() };
    eventually("PostgreSQL to be ready", async || {
        tokio_postgres::connect(&server.url(), NoTls).await.ok().map(|_| ())
    })
    .await;
    server
}

/// The first column of what a server answers.
async fn ask(url: &str, sql: &str) -> Vec<String> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("PostgreSQL answers");
    tokio::spawn(connection);
    let answer = client.simple_query(sql).await.expect("the test's SQL is right");
    answer
        .iter()
        .filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        })
        .collect()
}

/// Debian keeps them out of PATH, a folder per version; the newest wins.
fn programs() -> PathBuf {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, bin): &(u32, PathBuf)| {
            bin.join("pg_basebackup").is_file() && bin.join("postgres").is_file()
        })
        .collect();
    found.sort();
    found
        .pop()
        .expect("Debian's PostgreSQL server and client are installed; or leave it out: --without postgres")
        .1
}

/// The server refuses to run as root; then it is the user `postgres`.
fn owner() -> Option<(u32, u32)> {
    let id = Command::new("id").arg("-u").output().expect("`id` answers");
    if id.stdout.trim_ascii() != b"0" {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("a list of users");
    let line = users.lines().find(|line| line.starts_with("postgres:")).expect("a user `postgres`");
    let mut ids = line.split(':').skip(2).map(|id| id.parse().expect("a number"));
    ids.next().zip(ids.next())
}

fn as_owner(command: &mut Command, owner: Option<(u32, u32)>) -> &mut Command {
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a test's folder is text")
}

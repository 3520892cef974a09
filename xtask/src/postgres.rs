//! A throw-away PostgreSQL cluster: made in a temporary folder, on a free loopback port, gone when dropped.
//!
//! It is durable (`fsync` and `synchronous_commit` stay on), because tests and benchmarks rely on what a commit
//! means. The server refuses to run as root, so root hands it to the user `postgres`.

use crate::command;
use crate::machine;
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

const START_WITHIN: Duration = Duration::from_secs(60);
const STOP_WITHIN: Duration = Duration::from_secs(15);
const POLL_EVERY: Duration = Duration::from_millis(50);
const PREFIX: &str = "tidings-postgres-";

/// What differs between a cluster for tests and one for measuring.
pub const FOR_TESTS: &[&str] = &["max_connections=200"];
pub const FOR_BENCH: &[&str] = &["max_connections=200", "shared_buffers=256MB", "max_wal_size=4GB"];

pub struct Cluster {
    server: Child,
    folder: PathBuf,
    port: u16,
}

/// The user that the server runs as; `None` is ourselves.
type Owner = Option<(u32, u32)>;

impl Cluster {
    pub fn start(programs: &Path, settings: &[&str]) -> Result<Cluster> {
        remove_leftovers();
        let owner = owner()?;
        let folder = std::env::temp_dir().join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let started = boot(programs, &folder, owner, settings);
        if started.is_err() {
            let _ = fs::remove_dir_all(&folder);
        }
        let (server, port) = started?;
        eprintln!("PostgreSQL: pid {}, 127.0.0.1:{port}, {}", server.id(), folder.display());
        Ok(Cluster { server, folder, port })
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub fn pid(&self) -> u32 {
        self.server.id()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        stop(&mut self.server);
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            eprintln!("warning: {} stays behind: {error}", self.folder.display());
        }
    }
}

fn boot(programs: &Path, folder: &Path, owner: Owner, settings: &[&str]) -> Result<(Child, u16)> {
    if let Some((user, group)) = owner {
        std::os::unix::fs::chown(folder, Some(user), Some(group)).context("cannot give the folder away")?;
    }
    let data = folder.join("data");
    let mut initdb = Command::new(programs.join("initdb"));
    initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    command::output(run_as(initdb.arg("--pgdata").arg(&data).current_dir(folder), owner))?;
    let port = free_port()?;
    let log = folder.join("log");
    let mut server = run_as(&mut server_command(programs, folder, &data, port, settings), owner)
        .stdout(File::create(&log)?)
        .stderr(File::options().append(true).open(&log)?)
        .spawn()
        .context("cannot start the PostgreSQL server")?;
    if let Err(error) = wait_until_ready(&mut server, &data) {
        stop(&mut server);
        let log = fs::read_to_string(&log).unwrap_or_default();
        return Err(error.context(log));
    }
    Ok((server, port))
}

fn server_command(programs: &Path, folder: &Path, data: &Path, port: u16, settings: &[&str]) -> Command {
    let postgres = programs.join("postgres");
    // If we are killed, the kernel stops the server too, where `setpriv` can ask for that.
    let mut command = match machine::program("setpriv") {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "INT", "--"]).arg(postgres);
            command
        }
        None => Command::new(postgres),
    };
    command.arg("-D").arg(data).current_dir(folder);
    command.args(["-p", &port.to_string()]).arg("-k").arg(folder);
    let always = ["listen_addresses=127.0.0.1", "fsync=on", "synchronous_commit=on"];
    for setting in always.iter().chain(settings) {
        command.args(["-c", setting]);
    }
    command
}

fn run_as(command: &mut Command, owner: Owner) -> &mut Command {
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    command
}

fn owner() -> Result<Owner> {
    if !machine::is_root()? {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
    let ids = ids_of("postgres", &users);
    ids.map(Some).context("PostgreSQL refuses to run as root, and there is no user `postgres` to run it as")
}

fn ids_of(user: &str, passwd: &str) -> Option<(u32, u32)> {
    let line = passwd.lines().find(|line| line.split(':').next() == Some(user))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free loopback port")?;
    Ok(listener.local_addr()?.port())
}

/// The server writes `ready` into line 8 of its pid file once it takes connections; `pg_ctl` reads it there too.
fn wait_until_ready(server: &mut Child, data: &Path) -> Result<()> {
    let deadline = Instant::now() + START_WITHIN;
    while Instant::now() < deadline {
        if let Some(status) = server.try_wait()? {
            bail!("the PostgreSQL server ended at once: {status}");
        }
        let pid_file = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
        if pid_file.lines().nth(7).is_some_and(|line| line.trim() == "ready") {
            return Ok(());
        }
        sleep(POLL_EVERY);
    }
    bail!("the PostgreSQL server was not ready within {START_WITHIN:?}")
}

/// A fast shutdown, then an immediate one. Only ever by the id of the server that we started.
fn stop(server: &mut Child) {
    for signal in ["-INT", "-QUIT"] {
        let _ = Command::new("kill").args([signal, &server.id().to_string()]).status();
        let deadline = Instant::now() + STOP_WITHIN;
        while Instant::now() < deadline {
            if !matches!(server.try_wait(), Ok(None)) {
                return;
            }
            sleep(POLL_EVERY);
        }
    }
    let _ = server.kill();
    let _ = server.wait();
}

/// Folders of runs that were killed. A folder carries the id of the process that made it.
fn remove_leftovers() {
    if !Path::new("/proc/self").exists() {
        return;
    }
    for entry in fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let maker = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse::<u32>().ok());
        if maker.is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_ids_come_from_the_password_file() {
        let passwd =
            "root:x:0:0:root:/root:/bin/sh\npostgres2:x:7:8::/:\npostgres:x:101:104:,,,:/var:/bin/sh\n";
        assert_eq!(ids_of("postgres", passwd), Some((101, 104)));
        assert_eq!(ids_of("nobody", passwd), None);
        assert_eq!(ids_of("broken", "broken:x:y:z"), None);
    }

    #[test]
    fn the_server_is_durable_and_listens_on_loopback_only() {
        let folder = Path::new("/tmp/x");
        let command = server_command(Path::new("/pg"), folder, &folder.join("data"), 5433, FOR_TESTS);
        let shown = command::shown(&command);
        let wanted = [
            "-p 5433",
            "listen_addresses=127.0.0.1",
            "fsync=on",
            "synchronous_commit=on",
            "max_connections=200",
        ];
        for wanted in wanted {
            assert!(shown.contains(wanted), "{wanted} in {shown}");
        }
    }

    #[test]
    fn a_free_port_can_be_bound() {
        let port = free_port().expect("a port");
        assert!(TcpListener::bind(("127.0.0.1", port)).is_ok());
    }
}

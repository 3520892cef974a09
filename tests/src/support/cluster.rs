//! A PostgreSQL server of a test's own, which the test may stop, start again, or make insist on TLS. Tests that only
//! need a database use the shared server instead.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use super::environment;
use super::program::free_port;
use super::wait::eventually;

/// Connections that somebody else has.
pub struct Taken(Vec<Client>);

impl Taken {
    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

pub struct Cluster {
    server: Option<Child>,
    folder: TempDir,
    programs: PathBuf,
    owner: Option<(u32, u32)>,
    port: u16,
    tls: bool,
    settings: Vec<String>,
}

impl Cluster {
    pub async fn start() -> Self {
        Self::with(false, &[]).await
    }

    /// Takes only connections with TLS, and shows the test authority's certificate for 127.0.0.1.
    pub async fn start_with_tls() -> Self {
        Self::with(true, &[]).await
    }

    /// With settings such as `max_connections=20`.
    pub async fn start_with(settings: &[&str]) -> Self {
        Self::with(false, settings).await
    }

    async fn with(tls: bool, settings: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a directory for the test");
        let programs = environment::postgres_programs();
        let (owner, port) = (owner(), free_port().await);
        let settings = settings.iter().map(|each| (*each).to_owned()).collect();
        let mut cluster = Self { server: None, folder, programs, owner, port, tls, settings };
        cluster.give(cluster.folder.path());
        let mut initdb = cluster.command("initdb");
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]);
        let made = initdb.arg("--pgdata").arg(cluster.data()).output().expect("initdb starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        if tls {
            cluster.insist_on_tls();
        }
        cluster.start_again().await;
        cluster
    }

    /// `query` is what follows the database's name, such as `?sslmode=require`.
    pub fn url(&self, host: &str, query: &str) -> String {
        format!("postgres://postgres@{host}:{}/postgres{query}", self.port)
    }

    /// Ends the server at once, with all its connections. Only ever the one that was started here.
    pub fn stop(&mut self) {
        let Some(mut server) = self.server.take() else { return };
        let _ = Command::new("kill").args(["-INT", &server.id().to_string()]).status();
        let _ = server.wait();
    }

    /// On the same port with the same data.
    pub async fn start_again(&mut self) {
        let log = File::create(self.folder.path().join("log")).expect("a file for the log");
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string()]);
        command.arg("-k").arg(self.folder.path()).args(["-c", "listen_addresses=127.0.0.1"]);
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        if self.tls {
            command.args(["-c", "ssl=on", "-c", "ssl_cert_file=server.crt.pem"]);
            command.args(["-c", "ssl_key_file=server.key.pem"]);
        }
        self.server = Some(command.stdout(Stdio::null()).stderr(log).spawn().expect("the server starts"));
        let pid_file = self.data().join("postmaster.pid");
        // The server writes `ready` into line 8 of its pid file once it takes connections.
        eventually("the PostgreSQL server", async || {
            let text = fs::read_to_string(&pid_file).ok()?;
            (text.lines().nth(7)?.trim() == "ready").then_some(())
        })
        .await;
    }

    /// A connection of another program.
    async fn client(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::connect(&self.url("127.0.0.1", ""), NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Takes connections until the server has none left.
    pub async fn take_free_connections(&self) -> Taken {
        let mut taken = Vec::new();
        while let Ok(client) = self.client().await {
            taken.push(client);
        }
        Taken(taken)
    }

    /// Takes every connection of the server, those of the product too.
    pub async fn take_all_connections(&self) -> Taken {
        let mut taken = self.take_free_connections().await;
        eventually("the product to be without a connection", async || {
            let sql = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'tidings'";
            let first = taken.0.first().expect("one was free");
            let left: i64 = first.query_one(sql, &[]).await.expect("an administrator may do this").get(0);
            taken.0.append(&mut self.take_free_connections().await.0);
            (left == 0).then_some(())
        })
        .await;
        taken
    }

    /// Another program's transaction that has written and does not end until this is dropped.
    pub async fn hold_transaction(&self) -> Taken {
        let client = self.client().await.expect("the server answers");
        client.batch_execute("BEGIN; SELECT pg_current_xact_id()").await.expect("a transaction begins");
        Taken(vec![client])
    }

    /// Breaks every connection of the product, as a fail-over or an impatient operator does; says how many.
    pub async fn break_connections(&self) -> i64 {
        let url = self.url("127.0.0.1", "");
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("the server answers");
        let driving = tokio::spawn(connection);
        let sql = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'tidings'";
        let broken = client.query_one(sql, &[]).await.expect("an administrator may do this").get(0);
        drop(client);
        let _ = driving.await;
        broken
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A program of PostgreSQL as the user it insists on; gone when the test is.
    fn command(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = match environment::on_path("setpriv") {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                command.args(["--pdeathsig", "INT", "--"]).arg(program);
                command
            }
            None => Command::new(program),
        };
        command.current_dir(self.folder.path());
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }

    fn give(&self, path: &Path) {
        if let Some((user, group)) = self.owner {
            chown(path, Some(user), Some(group)).expect("root may give files away");
        }
    }

    fn insist_on_tls(&self) {
        let from = certificates();
        for name in ["server.crt.pem", "server.key.pem"] {
            let to = self.data().join(name);
            fs::copy(from.join(name), &to).expect("the certificate is there");
            fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).expect("our own file");
            self.give(&to);
        }
        let rules = self.data().join("pg_hba.conf");
        fs::write(&rules, "hostssl all all 127.0.0.1/32 trust\n").expect("our own file");
        self.give(&rules);
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where the certificates of the test authority are.
pub fn certificates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/postgres")
}

/// The server refuses to run as root; root hands it to the user `postgres`.
fn owner() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if fs::metadata("/proc/self").map_or(1, |own| own.uid()) != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").expect("a list of users");
    let line = users.lines().find(|line| line.starts_with("postgres:")).expect("a user `postgres`");
    let mut ids = line.split(':').skip(2).map(|id| id.parse().expect("a number"));
    ids.next().zip(ids.next())
}

//! PostgreSQL: databases of the benchmark's own on the server that it is given.

use anyhow::{Context, Result};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

/// The server.
#[derive(Debug, Clone)]
pub struct Postgres {
    /// With the right to create databases.
    pub admin_url: String,
    /// Of the postmaster, if it runs on this machine.
    pub pid: Option<u32>,
}

/// One database.
#[derive(Debug)]
pub struct Database {
    pub url: String,
    pub server_pid: Option<u32>,
    name: String,
    admin_url: String,
}

/// A connection with the task that drives it.
pub struct Session {
    pub client: Client,
    driver: JoinHandle<()>,
}

impl Session {
    pub async fn open(url: &str) -> Result<Self> {
        let (client, connection) =
            tokio_postgres::connect(url, NoTls).await.context("cannot reach PostgreSQL")?;
        let driver = tokio::spawn(async move {
            // A broken connection shows in the statement that is under way.
            let _ = connection.await;
        });
        Ok(Self { client, driver })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Postgres {
    pub async fn create(&self, purpose: &str) -> Result<Database> {
        let name = format!("tidings_bench_{purpose}_{}", std::process::id());
        let url = with_database(&self.admin_url, &name)
            .context("TIDINGS_BENCH_POSTGRES_URL is no postgres:// URL")?;
        let session = Session::open(&self.admin_url).await?;
        let created = session.client.batch_execute(&format!("CREATE DATABASE {name}")).await;
        created.with_context(|| format!("cannot create the database {name}"))?;
        Ok(Database { url, server_pid: self.pid, name, admin_url: self.admin_url.clone() })
    }
}

impl Database {
    pub async fn remove(self) -> Result<()> {
        let session = Session::open(&self.admin_url).await?;
        let dropped =
            session.client.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
        dropped.with_context(|| format!("the database {} stays behind", self.name))
    }
}

/// The same URL with another database.
fn with_database(url: &str, name: &str) -> Option<String> {
    let (base, query) = url.split_once('?').map_or((url, None), |(base, query)| (base, Some(query)));
    let authority = base.find("://")? + 3;
    let base = base[authority..].find('/').map_or(base, |slash| &base[..authority + slash]);
    Some(query.map_or_else(|| format!("{base}/{name}"), |query| format!("{base}/{name}?{query}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_of_the_same_server() {
        for (url, expected) in [
            ("postgres://me@127.0.0.1:5433/postgres", Some("postgres://me@127.0.0.1:5433/x")),
            ("postgres://me:pw@host/", Some("postgres://me:pw@host/x")),
            ("postgresql://host", Some("postgresql://host/x")),
            ("postgres://host/db?sslmode=disable", Some("postgres://host/x?sslmode=disable")),
            ("host=127.0.0.1 user=me", None),
        ] {
            assert_eq!(with_database(url, "x").as_deref(), expected, "{url}");
        }
    }
}

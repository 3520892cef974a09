//! A store of its own for every test: a file in a directory, or a database on the server.
#![expect(clippy::print_stderr, reason = "a test says what it leaves out")]

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt;
use tempfile::TempDir;
use tokio_postgres::NoTls;

use tidings_domain::secret::Secret;
use tidings_store::Engine;

use super::environment;

/// Connections for reads of one test's store.
const READERS: usize = 2;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// Where the test's data lives. Clones are the same place.
#[derive(Clone)]
pub struct Storage(Kind);

#[derive(Clone)]
enum Kind {
    Sqlite(PathBuf),
    Postgres(String),
}

/// Owns the place; gone when it is dropped.
pub struct Database {
    storage: Storage,
    dir: TempDir,
    admin: Option<(String, String)>,
}

impl Storage {
    pub fn is_sqlite(&self) -> bool {
        matches!(self.0, Kind::Sqlite(_))
    }

    /// The server's address, for a program that reads it from its environment.
    pub fn postgres_url(&self) -> Option<&str> {
        match &self.0 {
            Kind::Sqlite(_) => None,
            Kind::Postgres(url) => Some(url),
        }
    }

    pub fn engine(&self) -> Engine {
        match &self.0 {
            Kind::Sqlite(path) => Engine::Sqlite { path: path.clone() },
            Kind::Postgres(url) => {
                Engine::Postgres { url: Secret::new(url.clone()), ca: None, readers: READERS }
            }
        }
    }
}

impl Database {
    pub fn sqlite() -> Self {
        let dir = tempfile::tempdir().expect("a directory for the test");
        let storage = Storage(Kind::Sqlite(dir.path().join("main.db")));
        Self { storage, dir, admin: None }
    }

    pub async fn postgres() -> Self {
        let admin = environment::postgres_url();
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("tidings_product_{}_{number}", std::process::id());
        order(&admin, &format!("CREATE DATABASE {name}")).await;
        let mut url = url::Url::parse(&admin).expect("TIDINGS_TEST_POSTGRES_URL is a URL");
        url.set_path(&name);
        let dir = tempfile::tempdir().expect("a directory for the test");
        let storage = Storage(Kind::Postgres(url.to_string()));
        Self { storage, dir, admin: Some((admin, name)) }
    }

    pub fn storage(&self) -> Storage {
        self.storage.clone()
    }

    /// Where it is, if it is not a file.
    pub fn url(&self) -> Option<&str> {
        match &self.storage.0 {
            Kind::Sqlite(_) => None,
            Kind::Postgres(url) => Some(url),
        }
    }

    pub async fn remove(self) {
        if let Some((admin, name)) = &self.admin {
            order(admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
        drop(self.dir);
    }
}

async fn order(url: &str, sql: &str) {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.expect("the PostgreSQL server answers");
    let driving = tokio::spawn(connection);
    client.batch_execute(sql).await.expect("a database for the test");
    drop(client);
    let _ = driving.await;
}

/// Runs a test on a fresh store, and clears up whatever came of it.
pub fn with_storage<F, T>(kind: &str, test: F)
where
    F: FnOnce(Storage) -> T,
    T: Future<Output = ()>,
{
    if environment::leaves_out(kind) {
        eprintln!("left out by choice: {kind}");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime for the test");
    let database = runtime
        .block_on(async { if kind == "postgres" { Database::postgres().await } else { Database::sqlite() } });
    let outcome = runtime.block_on(AssertUnwindSafe(test(database.storage())).catch_unwind());
    runtime.block_on(database.remove());
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// Runs a test that starts PostgreSQL servers of its own.
pub fn with_postgres<T: Future<Output = ()>>(test: impl FnOnce() -> T) {
    if environment::leaves_out("postgres") {
        eprintln!("left out by choice: postgres");
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime for the test");
    runtime.block_on(test());
}

//! A fresh store for one test, and a look into its tables that does not go through the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tidings_domain::clock::{BoxFuture, Clock};
use tidings_domain::id::IdSource;
use tidings_domain::secret::Secret;
use tidings_domain::time::Timestamp;
use tidings_store::{Engine, Hook, MasterKeys, OpenOptions, Store, StoreError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Threads,
    Inline,
    Postgres,
}

/// A clock that the test moves.
pub struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
    fn monotonic_us(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
    fn sleep(&self, _: i64) -> BoxFuture<'static, ()> {
        Box::pin(async {})
    }
}

pub struct Bed {
    pub kind: Kind,
    pub store: Store,
    pub clock: Arc<HandClock>,
    pub ids: Arc<IdSource>,
    dir: tempfile::TempDir,
    database: Option<Database>,
}

struct Database {
    admin: String,
    name: String,
    url: String,
}

/// When the tests' time begins.
pub const START: Timestamp = Timestamp::from_secs(1_800_000_000);

impl Bed {
    pub async fn run<F, T>(kind: Kind, test: F)
    where
        F: FnOnce(Bed) -> T,
        T: Future<Output = Bed>,
    {
        let Some(bed) = Self::open(kind).await else { return };
        let bed = test(bed).await;
        bed.close().await;
    }

    async fn open(kind: Kind) -> Option<Self> {
        let database = if kind == Kind::Postgres { Some(Database::create().await?) } else { None };
        let dir = tempfile::tempdir().expect("a directory for the test");
        let clock = Arc::new(HandClock(AtomicI64::new(START.micros())));
        let ids = Arc::new(IdSource::seeded([42; 32]));
        let engine = engine(kind, &dir, database.as_ref(), None);
        let store = Store::open(options(engine, [7; 32], &ids, &clock)).await.expect("a new store opens");
        Some(Self { kind, store, clock, ids, dir, database })
    }

    /// Closes the store and opens it again with this master key.
    pub async fn reopen(self, master: [u8; 32]) -> (Self, Option<StoreError>) {
        let Self { kind, store, clock, ids, dir, database } = self;
        drop(store);
        let engine_again = engine(kind, &dir, database.as_ref(), None);
        let (store, error) = match Store::open(options(engine_again, master, &ids, &clock)).await {
            Ok(store) => (store, None),
            Err(error) => {
                let engine = engine(kind, &dir, database.as_ref(), None);
                (
                    Store::open(options(engine, [7; 32], &ids, &clock)).await.expect("it opens again"),
                    Some(error),
                )
            }
        };
        (Self { kind, store, clock, ids, dir, database }, error)
    }

    /// Closes the store and opens it again with these master keys.
    pub async fn reopen_with(mut self, keys: MasterKeys) -> Result<Self, StoreError> {
        let engine = engine(self.kind, &self.dir, self.database.as_ref(), None);
        let options = OpenOptions { keys, ..options(engine, [7; 32], &self.ids, &self.clock) };
        let aside = self.aside().await;
        drop(std::mem::replace(&mut self.store, aside));
        self.store = Store::open(options).await?;
        Ok(self)
    }

    /// An empty store that stands in while another one is closed.
    async fn aside(&self) -> Store {
        let dir = tempfile::tempdir().expect("a directory for the test");
        let path = dir.path().join("aside.db");
        let engine = Engine::SqliteInline { path, hook: None };
        Store::open(options(engine, [7; 32], &self.ids, &self.clock)).await.expect("a new store opens")
    }

    /// A second store on the same data, while the first is open.
    pub async fn open_second(&self) -> Result<Store, StoreError> {
        let engine = engine(self.kind, &self.dir, self.database.as_ref(), None);
        Store::open(options(engine, [7; 32], &self.ids, &self.clock)).await
    }

    /// Whether a store on a copy of this data opens. The copy stands for a closed store.
    pub async fn open_second_after_closing(&self) -> Option<StoreError> {
        if self.kind == Kind::Postgres {
            return self.open_second().await.err();
        }
        let copy = tempfile::tempdir().expect("a directory for the test");
        let target = copy.path().join("tidings.db");
        self.rows(&format!("VACUUM INTO '{}'", target.display())).await;
        let before = std::fs::read(&target).expect("the copy is there");
        let engine = engine(self.kind, &copy, None, None);
        let error = Store::open(options(engine, [7; 32], &self.ids, &self.clock)).await.err();
        if matches!(error, Some(StoreError::Newer { .. })) {
            assert_eq!(std::fs::read(&target).expect("the copy is there"), before, "nothing was written");
        }
        error
    }

    /// Opens the SQLite file of an inline bed again, with a hook before its commits.
    pub async fn with_hook(mut self, hook: Arc<dyn Hook>) -> Self {
        let (kind, dir) = (self.kind, tempfile::tempdir().expect("a directory for the test"));
        let engine = engine(kind, &dir, None, Some(hook));
        self.store =
            Store::open(options(engine, [7; 32], &self.ids, &self.clock)).await.expect("a new store opens");
        self.dir = dir;
        self
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
    pub fn advance(&self, micros: i64) -> Timestamp {
        Timestamp(self.clock.0.fetch_add(micros, Ordering::Relaxed) + micros)
    }

    /// Runs SQL past the store; every value as text, `-` for null, blobs as their length.
    pub async fn rows(&self, sql: &str) -> Vec<String> {
        match &self.database {
            None => sqlite_rows(&self.dir.path().join("tidings.db"), sql),
            Some(database) => {
                let client = connect(&database.url).await;
                let mut found = Vec::new();
                for message in client.simple_query(sql).await.expect("the test's SQL is right") {
                    if let tokio_postgres::SimpleQueryMessage::Row(row) = message {
                        let cells: Vec<&str> = (0..row.len()).map(|n| row.get(n).unwrap_or("-")).collect();
                        found.push(cells.join("|"));
                    }
                }
                found
            }
        }
    }

    /// A connection past the store. `None` on SQLite, where nobody else writes.
    pub async fn client(&self) -> Option<tokio_postgres::Client> {
        Some(connect(&self.database.as_ref()?.url).await)
    }

    /// Bytes in the SQL of this engine.
    pub fn bytes(&self, bytes: &[u8]) -> String {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        if self.database.is_none() { format!("X'{hex}'") } else { format!("'\\x{hex}'::bytea") }
    }

    /// One number.
    pub async fn count(&self, sql: &str) -> i64 {
        self.rows(sql).await[0].parse().expect("a number")
    }

    async fn close(self) {
        let Self { store, database, .. } = self;
        drop(store);
        if let Some(database) = database {
            let client = connect(&database.admin).await;
            let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", database.name);
            client.batch_execute(&sql).await.expect("the test's database goes");
        }
    }
}

fn sqlite_rows(path: &std::path::Path, sql: &str) -> Vec<String> {
    use rusqlite::types::ValueRef;
    let conn = rusqlite::Connection::open(path).expect("the file is there");
    conn.busy_timeout(std::time::Duration::from_secs(5)).expect("a setting");
    let mut statement = conn.prepare(sql).expect("the test's SQL is right");
    let width = statement.column_count();
    if width == 0 {
        statement.execute([]).expect("the statement runs");
        return Vec::new();
    }
    let text = |row: &rusqlite::Row<'_>, n| match row.get_ref(n).expect("a column") {
        ValueRef::Null => "-".to_owned(),
        ValueRef::Integer(value) => value.to_string(),
        ValueRef::Real(value) => value.to_string(),
        ValueRef::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        ValueRef::Blob(bytes) => format!("\\x{}", hex::encode(bytes)),
    };
    let rows =
        statement.query_map([], |row| Ok((0..width).map(|n| text(row, n)).collect::<Vec<_>>().join("|")));
    rows.expect("the query runs").map(|row| row.expect("a row")).collect()
}

fn engine(
    kind: Kind,
    dir: &tempfile::TempDir,
    database: Option<&Database>,
    hook: Option<Arc<dyn Hook>>,
) -> Engine {
    let path = dir.path().join("tidings.db");
    match kind {
        Kind::Threads => Engine::Sqlite { path },
        Kind::Inline => Engine::SqliteInline { path, hook },
        Kind::Postgres => {
            let url = &database.expect("a PostgreSQL bed has a database").url;
            Engine::Postgres { url: Secret::new(url.clone()), ca: None, readers: 2 }
        }
    }
}

fn options(engine: Engine, master: [u8; 32], ids: &Arc<IdSource>, clock: &Arc<HandClock>) -> OpenOptions {
    OpenOptions {
        engine,
        region: "main".to_owned(),
        keys: MasterKeys::single(master),
        ids: Arc::clone(ids),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
    }
}

impl Database {
    /// `None` where PostgreSQL was left out by choice.
    #[expect(clippy::disallowed_methods, reason = "the test's environment says where PostgreSQL is")]
    async fn create() -> Option<Self> {
        if std::env::var("TIDINGS_TEST_WITHOUT").is_ok_and(|without| without.contains("postgres")) {
            return None;
        }
        let admin = std::env::var("TIDINGS_TEST_POSTGRES_URL")
            .expect("TIDINGS_TEST_POSTGRES_URL is not set: run `cargo xtask test`");
        let mut random = [0u8; 8];
        aws_lc_rs::rand::fill(&mut random).expect("the system has randomness");
        let name = format!("tidings_{}", hex::encode(random));
        let client = connect(&admin).await;
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("a database for the test");
        let (base, query) = admin.split_once('?').unwrap_or((&admin, ""));
        let server = base.rsplit_once('/').expect("a URL names a database").0;
        let url =
            if query.is_empty() { format!("{server}/{name}") } else { format!("{server}/{name}?{query}") };
        Some(Self { url, name, admin })
    }
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("PostgreSQL for the tests answers");
    tokio::spawn(connection);
    client
}

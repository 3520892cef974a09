//! The store: what every call hangs on.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::hmac;
use parking_lot::Mutex;
use tidings_domain::clock::{BoxFuture, Clock};
use tidings_domain::id::{IdSource, TenantId};
use tidings_domain::secret::Secret;
use tidings_domain::time::Timestamp;
use zeroize::Zeroizing;

use crate::conn::{Conn, SqliteConn, vals};
use crate::error::{Result, StoreError};
use crate::executor::{
    Executor, Hook, Postgres, SqliteInline, SqliteThreads, check_version, open_reader, open_writer, ready,
};
use crate::limits::{KEY_GRACE_US, SCOPE_FRESH_US, SCOPES_CACHED_MAX};
use crate::meter::{Commits, Meter};
use crate::migrate;
use crate::ordinary::KeyCache;
use crate::scope::{SystemScope, TenantScope};
use crate::seal::{MasterKeys, Purpose, TenantKeys, Wrapped};

/// Where a store lives and who runs its transactions.
pub enum Engine {
    /// One file, a writer thread and reader threads.
    Sqlite { path: PathBuf },
    /// One file, in the caller's task; for simulation.
    SqliteInline { path: PathBuf, hook: Option<Arc<dyn Hook>> },
    /// One file that another process may be serving: it can be read and nothing else.
    SqliteReader { path: PathBuf },
    Postgres {
        /// `postgres://…`, with `sslmode=disable|prefer|require|verify-full`.
        url: Secret,
        /// PEM file of the authorities that `verify-full` trusts.
        ca: Option<PathBuf>,
        /// Connections for reads.
        readers: usize,
    },
}

pub struct OpenOptions {
    pub engine: Engine,
    /// Name of the region; part of every key's token.
    pub region: String,
    pub keys: MasterKeys,
    pub ids: Arc<IdSource>,
    pub clock: Arc<dyn Clock>,
}

/// One region's data.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    executor: Executor,
    meter: Arc<Meter>,
    region: String,
    masters: MasterKeys,
    ids: Arc<IdSource>,
    clock: Arc<dyn Clock>,
    /// Makes the hashes of tokens; the same for the whole life of the store.
    installation: hmac::Key,
    log_generation: i64,
    /// With the time at which the keys were read.
    scopes: Mutex<HashMap<TenantId, (i64, TenantScope)>>,
    verified: KeyCache,
    /// Held as long as the store is open. Last, so that the threads are gone before it is released.
    _lock: Option<File>,
}

impl Store {
    /// Opens a store, bringing its schema up to date. A store of a newer version is left untouched.
    pub async fn open(options: OpenOptions) -> Result<Self> {
        let meter = Meter::new(Arc::clone(&options.clock));
        let (executor, lock) = match &options.engine {
            Engine::Sqlite { path } => {
                let lock = prepare_sqlite(path)?;
                (Executor::Threads(SqliteThreads::start(path, &meter)?), Some(lock))
            }
            Engine::SqliteInline { path, hook } => {
                let lock = prepare_sqlite(path)?;
                let conn = Conn::Sqlite(SqliteConn::new(open_writer(path)?));
                (Executor::Inline(SqliteInline::new(conn, hook.clone())), Some(lock))
            }
            Engine::SqliteReader { path } => {
                check_version(path)?;
                let conn = Conn::Sqlite(SqliteConn::new(open_reader(path)?));
                (Executor::Inline(SqliteInline::new(conn, None)), None)
            }
            Engine::Postgres { url, ca, readers } => (
                Executor::Postgres(Postgres::start(url.expose(), ca.as_deref(), *readers, &meter).await?),
                None,
            ),
        };
        let reads_only = matches!(options.engine, Engine::SqliteReader { .. });
        let OpenOptions { region, keys, ids, clock, .. } = options;
        let (installation, log_generation) = if reads_only {
            installation_as_it_is(&executor, &keys).await?
        } else {
            installation(&executor, &keys, &ids).await?
        };
        Ok(Self(Arc::new(Inner {
            executor,
            meter,
            region,
            masters: keys,
            ids,
            clock,
            installation,
            log_generation,
            scopes: Mutex::new(HashMap::new()),
            verified: KeyCache::default(),
            _lock: lock,
        })))
    }

    /// What transactions cost since the store was opened.
    pub fn commits(&self) -> Commits {
        self.0.meter.read()
    }
    pub fn region(&self) -> &str {
        &self.0.region
    }
    /// The scope of the loops that work across tenants.
    pub fn system(&self) -> SystemScope {
        SystemScope::new()
    }
    /// Whether other processes may be at work on the same data.
    pub fn is_shared(&self) -> bool {
        matches!(self.0.executor, Executor::Postgres(_))
    }
    pub fn ids(&self) -> &IdSource {
        &self.0.ids
    }
    pub(crate) fn ids_shared(&self) -> Arc<IdSource> {
        Arc::clone(&self.0.ids)
    }
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }
    pub(crate) fn masters(&self) -> &MasterKeys {
        &self.0.masters
    }
    /// The generation of the event log; a restore increments it.
    pub(crate) fn log_generation(&self) -> i64 {
        self.0.log_generation
    }
    pub(crate) fn executor(&self) -> &Executor {
        &self.0.executor
    }
    /// Keys that were verified a moment ago.
    pub(crate) fn verified(&self) -> &KeyCache {
        &self.0.verified
    }
    /// The keyed hash under which a token is stored.
    pub(crate) fn hash_token(&self, token: &str) -> [u8; 32] {
        let tag = hmac::sign(&self.0.installation, token.as_bytes());
        tag.as_ref().try_into().expect("HMAC-SHA256 makes 32 bytes")
    }

    /// Ordinary reads: `store.read(move |conn| Box::pin(async move { … })).await`.
    pub(crate) async fn read<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        self.0.executor.read(work).await
    }

    /// An ordinary write: one transaction, durable when this returns.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c Conn) -> BoxFuture<'c, Result<T>> + Send + 'static,
    {
        self.0.executor.write(work).await
    }

    /// The scope of a tenant that the caller owns a row or a verified key of. `None`: no such tenant.
    /// Its keys are read again every [`SCOPE_FRESH_US`]: another process may have rotated them.
    pub(crate) async fn scope_of(&self, tenant: TenantId) -> Result<Option<TenantScope>> {
        let now_us = self.0.clock.monotonic_us();
        let known = match self.0.scopes.lock().get_mut(&tenant) {
            Some((read_us, scope)) if now_us - *read_us < SCOPE_FRESH_US => return Ok(Some(scope.clone())),
            Some((read_us, scope)) => {
                // One reads, the others go on with what is known.
                *read_us = now_us;
                Some(scope.clone())
            }
            None => None,
        };
        let now = self.now();
        let read = self.read(move |conn| Box::pin(async move { tenant_keys(conn, tenant, now).await }));
        let rows = match (read.await, known) {
            (Ok(rows), _) => rows,
            // Whoever cannot be asked has rotated nothing.
            (Err(StoreError::Busy | StoreError::Unavailable), Some(scope)) => return Ok(Some(scope)),
            (Err(error), _) => return Err(error),
        };
        if rows.is_empty() {
            return Ok(None);
        }
        let keys = TenantKeys::open(&self.0.masters, tenant, &rows)?;
        let scope = TenantScope::new(keys, self.ids_shared());
        let mut scopes = self.0.scopes.lock();
        if scopes.len() >= SCOPES_CACHED_MAX {
            scopes.clear();
        }
        scopes.insert(tenant, (now_us, scope.clone()));
        Ok(Some(scope))
    }

    /// The same scope with the keys of now, for whoever keeps one.
    pub async fn refreshed(&self, scope: &TenantScope) -> Result<TenantScope> {
        let found = self.scope_of(scope.tenant()).await?;
        found.ok_or(StoreError::Corrupt("a tenant lost its keys"))
    }

    /// After a change of a tenant's keys.
    pub(crate) fn forget_scope(&self, tenant: TenantId) {
        self.0.scopes.lock().remove(&tenant);
    }

    /// The scope of a tenant for a loop of the system.
    pub async fn scope_for_work(&self, _system: &SystemScope, tenant: TenantId) -> Result<TenantScope> {
        self.scope_of(tenant).await?.ok_or(StoreError::Corrupt("an owned row names no tenant"))
    }
}

/// The keys of a tenant as they are stored. A new data key seals only once every process has read it.
pub(crate) async fn tenant_keys(conn: &Conn, tenant: TenantId, now: Timestamp) -> Result<Vec<Wrapped>> {
    let sql = "SELECT purpose, version, wrapped, created_at FROM tenant_keys WHERE tenant_id = $1
        ORDER BY purpose, version";
    let mut keys = Vec::new();
    let mut sealing = None;
    for row in conn.query(sql, vals![&tenant]).await? {
        let purpose = Purpose::parse(row.text(0)?).ok_or(StoreError::Corrupt("a key without a purpose"))?;
        let created_at: Timestamp = row.get(3)?;
        if purpose == Purpose::Data && (sealing.is_none() || created_at.plus(KEY_GRACE_US) <= now) {
            sealing = Some(keys.len());
        }
        let active = purpose == Purpose::Hash;
        keys.push(Wrapped { purpose, version: row.get(1)?, wrapped: row.get(2)?, active });
    }
    if let Some(sealing) = sealing {
        keys[sealing].active = true;
    }
    Ok(keys)
}

/// Takes the directory's lock, refuses a newer file, brings an older one up to date.
fn prepare_sqlite(path: &Path) -> Result<File> {
    let lock = File::create(path.with_extension("lock")).map_err(StoreError::internal)?;
    lock.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => StoreError::Locked,
        std::fs::TryLockError::Error(error) => StoreError::internal(error),
    })?;
    check_version(path)?;
    let conn = Conn::Sqlite(SqliteConn::new(open_writer(path)?));
    ready(migrate::run(&conn))?;
    Ok(lock)
}

/// Label of the installation's secret under the master key.
pub(crate) const INSTALLATION: &[u8] = b"installation";

/// The wrapped secret of the installation and the generation of the log.
async fn description(conn: &Conn) -> Result<(Vec<u8>, i64)> {
    let missing = StoreError::Corrupt("the store has lost its own description");
    let sql = "SELECT a.data, b.number FROM meta a, meta b
        WHERE a.key = 'installation' AND b.key = 'log_generation'";
    let row = conn.query_opt(sql, &[]).await?.ok_or(missing)?;
    Ok((row.get(0)?, row.get(1)?))
}

/// The same for a store that must not be written.
async fn installation_as_it_is(executor: &Executor, masters: &MasterKeys) -> Result<(hmac::Key, i64)> {
    let (stored, generation) = executor.read(|conn| Box::pin(description(conn))).await?;
    let secret = masters.unwrap(INSTALLATION, &stored)?;
    Ok((hmac::Key::new(hmac::HMAC_SHA256, &*secret), generation))
}

/// The installation's secret and the generation of the log, made when the store is new.
async fn installation(executor: &Executor, masters: &MasterKeys, ids: &IdSource) -> Result<(hmac::Key, i64)> {
    let mut fresh = Zeroizing::new([0; 32]);
    ids.random(&mut *fresh);
    let wrapped = masters.wrap(ids, INSTALLATION, &fresh);
    let (stored, generation): (Vec<u8>, i64) = executor
        .write(move |conn| {
            Box::pin(async move {
                conn.execute(
                    "INSERT INTO meta (key, data) VALUES ('installation', $1) ON CONFLICT (key) DO NOTHING",
                    vals![&wrapped],
                )
                .await?;
                conn.execute(
                    "INSERT INTO meta (key, number) VALUES ('log_generation', 1) ON CONFLICT (key) DO NOTHING",
                    &[],
                )
                .await?;
                description(conn).await
            })
        })
        .await?;
    if !masters.is_current(&stored) {
        let wrapped = masters.wrap(ids, INSTALLATION, &*masters.unwrap(INSTALLATION, &stored)?);
        executor
            .write(move |conn| {
                Box::pin(async move {
                    conn.execute("UPDATE meta SET data = $1 WHERE key = 'installation'", vals![&wrapped])
                        .await
                })
            })
            .await?;
    }
    let secret = masters.unwrap(INSTALLATION, &stored)?;
    Ok((hmac::Key::new(hmac::HMAC_SHA256, &*secret), generation))
}

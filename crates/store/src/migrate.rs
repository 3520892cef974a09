//! Brings a store's schema up to what this program knows, and refuses a newer one before any write.

use crate::conn::{Conn, vals};
use crate::error::{Result, StoreError};

struct Migration {
    version: i64,
    sqlite: &'static str,
    postgres: &'static str,
    /// The oldest schema whose programs may go on while this one is in place. A migration that only adds what
    /// they never look at leaves them working, and an installation is upgraded node by node.
    min_compatible: Option<i64>,
}

const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        sqlite: include_str!("../migrations/sqlite/0001_spine.sql"),
        postgres: include_str!("../migrations/postgres/0001_spine.sql"),
        min_compatible: None,
    },
    Migration {
        version: 2,
        sqlite: include_str!("../migrations/sqlite/0002_nodes.sql"),
        postgres: include_str!("../migrations/postgres/0002_nodes.sql"),
        min_compatible: None,
    },
    Migration {
        version: 3,
        sqlite: include_str!("../migrations/sqlite/0003_operations.sql"),
        postgres: include_str!("../migrations/postgres/0003_operations.sql"),
        min_compatible: None,
    },
    Migration {
        version: 4,
        sqlite: include_str!("../migrations/sqlite/0004_claims.sql"),
        postgres: include_str!("../migrations/postgres/0004_claims.sql"),
        min_compatible: Some(3),
    },
    Migration {
        version: 5,
        sqlite: include_str!("../migrations/sqlite/0005_consents.sql"),
        postgres: include_str!("../migrations/postgres/0005_consents.sql"),
        min_compatible: None,
    },
    Migration {
        version: 6,
        sqlite: include_str!("../migrations/sqlite/0006_policy.sql"),
        postgres: include_str!("../migrations/postgres/0006_policy.sql"),
        min_compatible: None,
    },
    Migration {
        version: 7,
        sqlite: include_str!("../migrations/sqlite/0007_templates.sql"),
        postgres: include_str!("../migrations/postgres/0007_templates.sql"),
        min_compatible: None,
    },
    Migration {
        version: 8,
        sqlite: include_str!("../migrations/sqlite/0008_verifications.sql"),
        postgres: include_str!("../migrations/postgres/0008_verifications.sql"),
        min_compatible: None,
    },
    Migration {
        version: 9,
        sqlite: include_str!("../migrations/sqlite/0009_clock_steps.sql"),
        postgres: include_str!("../migrations/postgres/0009_clock_steps.sql"),
        min_compatible: None,
    },
    Migration {
        version: 10,
        sqlite: include_str!("../migrations/sqlite/0010_people.sql"),
        postgres: include_str!("../migrations/postgres/0010_people.sql"),
        min_compatible: Some(9),
    },
    Migration {
        version: 11,
        sqlite: include_str!("../migrations/sqlite/0011_house.sql"),
        postgres: include_str!("../migrations/postgres/0011_house.sql"),
        min_compatible: None,
    },
    Migration {
        version: 14,
        sqlite: include_str!("../migrations/sqlite/0014_plans.sql"),
        postgres: include_str!("../migrations/postgres/0014_plans.sql"),
        min_compatible: None,
    },
];

/// The newest schema that this program knows.
pub const SCHEMA_VERSION: i64 = 14;

/// Held by the one process that migrates a PostgreSQL store.
const ADVISORY_LOCK: i64 = 0x7469_6469_6e67_7301;

/// Fails if the store is of a newer version that this program cannot work on. Reads only.
pub(crate) async fn check(conn: &Conn) -> Result<i64> {
    let known = if conn.is_postgres() {
        "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'migrations'"
    } else {
        "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'migrations'"
    };
    if conn.query_opt(known, &[]).await?.is_none() {
        return Ok(0);
    }
    let row = conn.query_opt("SELECT COALESCE(MAX(version), 0) FROM migrations", &[]).await?;
    let found: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    if found > SCHEMA_VERSION && !suits(conn).await? {
        return Err(StoreError::Newer { found, known: SCHEMA_VERSION });
    }
    Ok(found)
}

/// Whether every migration that this program does not know lets it go on.
async fn suits(conn: &Conn) -> Result<bool> {
    let sql =
        "SELECT 1 FROM migrations WHERE version > $1 AND (min_compatible IS NULL OR min_compatible > $1)";
    Ok(conn.query_opt(sql, vals![SCHEMA_VERSION]).await?.is_none())
}

/// Applies what is missing, each migration in a transaction of its own: one that was interrupted has left
/// nothing, and those before it stay.
pub(crate) async fn run(conn: &Conn) -> Result<()> {
    loop {
        let found = check(conn).await?;
        let Some(next) = MIGRATIONS.iter().find(|migration| migration.version > found) else {
            return verify(conn).await;
        };
        if conn.is_postgres() {
            conn.run("BEGIN").await?;
            conn.query("SELECT CAST(pg_advisory_xact_lock($1) AS TEXT)", vals![ADVISORY_LOCK]).await?;
        } else {
            conn.run("BEGIN IMMEDIATE").await?;
        }
        match apply_until(conn, next.version).await {
            Ok(()) => conn.run("COMMIT").await?,
            Err(error) => {
                conn.run("ROLLBACK").await?;
                return Err(error);
            }
        }
    }
}

/// Applies what is missing up to a version, within the caller's transaction.
pub(crate) async fn apply_until(conn: &Conn, version: i64) -> Result<()> {
    // Somebody else may have migrated while we waited for the lock.
    let found = check(conn).await?;
    if found == 0 {
        conn.run(
            "CREATE TABLE IF NOT EXISTS migrations (version BIGINT PRIMARY KEY, checksum TEXT NOT NULL);",
        )
        .await?;
    }
    for migration in MIGRATIONS.iter().filter(|each| (found + 1..=version).contains(&each.version)) {
        let text = migration.text(conn);
        conn.run(text).await?;
        conn.execute(
            "INSERT INTO migrations (version, checksum) VALUES ($1, $2)",
            vals![migration.version, checksum(text).as_str()],
        )
        .await?;
        if let Some(oldest) = migration.min_compatible {
            let sql = "UPDATE migrations SET min_compatible = $2 WHERE version = $1";
            conn.execute(sql, vals![migration.version, oldest]).await?;
        }
    }
    Ok(())
}

/// A migration that changed after it was applied means that two programs disagree about the schema.
async fn verify(conn: &Conn) -> Result<()> {
    for row in conn.query("SELECT version, checksum FROM migrations", &[]).await? {
        let version: i64 = row.get(0)?;
        if version > SCHEMA_VERSION {
            continue;
        }
        let known = MIGRATIONS.iter().find(|migration| migration.version == version);
        if known.is_none_or(|migration| checksum(migration.text(conn)) != row.text(1).unwrap_or_default()) {
            return Err(StoreError::Corrupt("a migration differs from the one that was applied"));
        }
    }
    Ok(())
}

impl Migration {
    fn text(&self, conn: &Conn) -> &'static str {
        if conn.is_postgres() { self.postgres } else { self.sqlite }
    }
}

fn checksum(text: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    hex::encode(digest.as_ref())
}

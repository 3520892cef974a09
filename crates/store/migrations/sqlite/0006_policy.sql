-- Policy: settings and rules of tenants, what caps and limits count.

-- Every version that was ever in force; the newest is.
CREATE TABLE policy_settings (
  tenant_id BLOB NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, version)
) STRICT, WITHOUT ROWID;

-- A rule that is changed is removed and made anew: what judged a message stays readable.
CREATE TABLE policy_rules (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
  actor TEXT NOT NULL, created_at INTEGER NOT NULL, removed_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

-- Claimed messages by recipient and category, where the tenant has a cap.
CREATE TABLE touches (
  tenant_id BLOB NOT NULL, hash BLOB NOT NULL, category INTEGER NOT NULL, message_id BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, hash, category, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX touches_by_age ON touches (at);

-- Recipients outside a service window, where the portfolio has a limit; counted in spans of a quarter of an hour.
CREATE TABLE reached (
  tenant_id BLOB NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX reached_by_age ON reached (at);
CREATE TABLE reach_counts (
  tenant_id BLOB NOT NULL, span INTEGER NOT NULL, recipients INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, span)
) STRICT, WITHOUT ROWID;

-- What the platform said last of the portfolio; no recipients: unlimited.
CREATE TABLE portfolio_limits (
  tenant_id BLOB PRIMARY KEY, recipients INTEGER, tier TEXT NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

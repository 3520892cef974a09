-- Policy: settings and rules of tenants, what caps and limits count.

-- Every version that was ever in force; the newest is.
CREATE TABLE policy_settings (
  tenant_id BYTEA NOT NULL, version BIGINT NOT NULL, body TEXT NOT NULL, actor TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, version)
);

-- A rule that is changed is removed and made anew: what judged a message stays readable.
CREATE TABLE policy_rules (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL, body TEXT NOT NULL,
  actor TEXT NOT NULL, created_at BIGINT NOT NULL, removed_at BIGINT,
  PRIMARY KEY (tenant_id, id)
);

-- Claimed messages by recipient and category, where the tenant has a cap.
CREATE TABLE touches (
  tenant_id BYTEA NOT NULL, hash BYTEA NOT NULL, category BIGINT NOT NULL, message_id BYTEA NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, hash, category, message_id)
);
CREATE INDEX touches_by_age ON touches (at);

-- Recipients outside a service window, where the portfolio has a limit; counted in spans of a quarter of an hour.
CREATE TABLE reached (
  tenant_id BYTEA NOT NULL, hash BYTEA NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX reached_by_age ON reached (at);
CREATE TABLE reach_counts (
  tenant_id BYTEA NOT NULL, span BIGINT NOT NULL, recipients BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, span)
);

-- What the platform said last of the portfolio; no recipients: unlimited.
CREATE TABLE portfolio_limits (
  tenant_id BYTEA PRIMARY KEY, recipients BIGINT, tier TEXT NOT NULL, at BIGINT NOT NULL
);

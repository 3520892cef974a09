-- The messaging limit is a portfolio's: accounts name theirs, and what is counted is counted by it. An account that
-- names none is a portfolio of its own. What a tenant's accounts have counted together counts for each of them.
ALTER TABLE accounts ADD COLUMN portfolio TEXT;

CREATE TABLE reached_by_pool (
  tenant_id BYTEA NOT NULL, pool BYTEA NOT NULL, hash BYTEA NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, pool, hash)
);
INSERT INTO reached_by_pool (tenant_id, pool, hash, at)
  SELECT r.tenant_id, a.id, r.hash, r.at FROM reached r JOIN accounts a ON a.tenant_id = r.tenant_id;
DROP TABLE reached;
ALTER TABLE reached_by_pool RENAME TO reached;
CREATE INDEX reached_by_age ON reached (at);

CREATE TABLE reach_counts_by_pool (
  tenant_id BYTEA NOT NULL, pool BYTEA NOT NULL, span BIGINT NOT NULL, recipients BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, pool, span)
);
INSERT INTO reach_counts_by_pool (tenant_id, pool, span, recipients)
  SELECT c.tenant_id, a.id, c.span, c.recipients FROM reach_counts c JOIN accounts a ON a.tenant_id = c.tenant_id;
DROP TABLE reach_counts;
ALTER TABLE reach_counts_by_pool RENAME TO reach_counts;

CREATE TABLE portfolio_limits_by_pool (
  tenant_id BYTEA NOT NULL, pool BYTEA NOT NULL, recipients BIGINT, tier TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, pool)
);
INSERT INTO portfolio_limits_by_pool (tenant_id, pool, recipients, tier, at)
  SELECT l.tenant_id, a.id, l.recipients, l.tier, l.at
  FROM portfolio_limits l JOIN accounts a ON a.tenant_id = l.tenant_id;
DROP TABLE portfolio_limits;
ALTER TABLE portfolio_limits_by_pool RENAME TO portfolio_limits;

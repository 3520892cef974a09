-- One-time passwords: only keyed hashes of codes, numbers and addresses are here.
CREATE TABLE verifications (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, recipient BYTEA NOT NULL, country TEXT NOT NULL, status BIGINT NOT NULL,
  -- The codes that are good, 32 bytes each; what was sent with them, 16 bytes each.
  codes BYTEA NOT NULL, messages BYTEA NOT NULL,
  -- What it is counted under: a byte of scope and 16 of hash each.
  counted BYTEA NOT NULL,
  wrong BIGINT NOT NULL, attempts BIGINT NOT NULL, sends BIGINT NOT NULL, created_at BIGINT NOT NULL,
  sent_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, ended_at BIGINT,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX verifications_by_recipient ON verifications (tenant_id, recipient, id);
CREATE INDEX verifications_pending ON verifications (expires_at) WHERE status = 0;
CREATE INDEX verifications_by_age ON verifications (created_at);

-- By scope in pieces of five minutes (day 0) and in days (day 1).
CREATE TABLE verification_counts (
  tenant_id BYTEA NOT NULL, scope BIGINT NOT NULL, key BYTEA NOT NULL, day BIGINT NOT NULL, at BIGINT NOT NULL,
  started BIGINT NOT NULL, approved BIGINT NOT NULL, refused BIGINT NOT NULL, last_sent_at BIGINT,
  alerted_at BIGINT,
  PRIMARY KEY (tenant_id, scope, key, day, at)
);
CREATE INDEX verification_counts_by_age ON verification_counts (day, at);

CREATE TABLE verification_settings (tenant_id BYTEA PRIMARY KEY, data TEXT NOT NULL);

CREATE TABLE verification_lists (
  tenant_id BYTEA NOT NULL, key BYTEA NOT NULL, id BYTEA NOT NULL, blocked BIGINT NOT NULL, kind TEXT NOT NULL,
  value BYTEA NOT NULL, reason TEXT NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, key)
);

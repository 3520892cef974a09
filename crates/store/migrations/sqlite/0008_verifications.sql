-- One-time passwords: only keyed hashes of codes, numbers and addresses are here.
CREATE TABLE verifications (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, recipient BLOB NOT NULL, country TEXT NOT NULL, status INTEGER NOT NULL,
  -- The codes that are good, 32 bytes each; what was sent with them, 16 bytes each.
  codes BLOB NOT NULL, messages BLOB NOT NULL,
  -- What it is counted under: a byte of scope and 16 of hash each.
  counted BLOB NOT NULL,
  wrong INTEGER NOT NULL, attempts INTEGER NOT NULL, sends INTEGER NOT NULL, created_at INTEGER NOT NULL,
  sent_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, ended_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX verifications_by_recipient ON verifications (tenant_id, recipient, id);
CREATE INDEX verifications_pending ON verifications (expires_at) WHERE status = 0;
CREATE INDEX verifications_by_age ON verifications (created_at);

-- By scope in pieces of five minutes (day 0) and in days (day 1).
CREATE TABLE verification_counts (
  tenant_id BLOB NOT NULL, scope INTEGER NOT NULL, key BLOB NOT NULL, day INTEGER NOT NULL, at INTEGER NOT NULL,
  started INTEGER NOT NULL, approved INTEGER NOT NULL, refused INTEGER NOT NULL, last_sent_at INTEGER,
  alerted_at INTEGER,
  PRIMARY KEY (tenant_id, scope, key, day, at)
) STRICT, WITHOUT ROWID;
CREATE INDEX verification_counts_by_age ON verification_counts (day, at);

CREATE TABLE verification_settings (tenant_id BLOB PRIMARY KEY, data TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE verification_lists (
  tenant_id BLOB NOT NULL, key BLOB NOT NULL, id BLOB NOT NULL, blocked INTEGER NOT NULL, kind TEXT NOT NULL,
  value BLOB NOT NULL, reason TEXT NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, key)
) STRICT, WITHOUT ROWID;

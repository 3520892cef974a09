-- Ids are 16 bytes, times are microseconds since 1970 in UTC, booleans are 0 or 1, JSON is text.
-- tenant_id comes first in every key. Message rows carry no index on a column that changes.

CREATE TABLE meta (key TEXT PRIMARY KEY, number INTEGER, data BLOB) STRICT, WITHOUT ROWID;

CREATE TABLE tenants (
  id BLOB PRIMARY KEY, name TEXT NOT NULL, messages_per_s REAL, created_at INTEGER NOT NULL,
  suspended INTEGER NOT NULL DEFAULT 0,
  catalog_version INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE tenant_keys (
  tenant_id BLOB NOT NULL, purpose TEXT NOT NULL, version INTEGER NOT NULL, wrapped BLOB NOT NULL,
  created_at INTEGER NOT NULL, active INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, purpose, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_keys (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL,
  role TEXT NOT NULL, permissions INTEGER NOT NULL, created_at INTEGER NOT NULL, revoked_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE login_tokens (
  hash BLOB PRIMARY KEY, tenant_id BLOB, role TEXT NOT NULL, created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL, used_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  hash BLOB PRIMARY KEY, id BLOB NOT NULL, tenant_id BLOB, role TEXT NOT NULL, created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, ended_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, provider TEXT NOT NULL, provider_ref TEXT NOT NULL,
  credentials BLOB NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX accounts_by_id ON accounts (id);

CREATE TABLE senders (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, account_id BLOB NOT NULL, channel INTEGER NOT NULL,
  address TEXT NOT NULL, provider_ref TEXT NOT NULL, messages_per_s REAL NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, account_id, provider_ref)
) STRICT, WITHOUT ROWID;

CREATE TABLE templates (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, account_id BLOB NOT NULL, name TEXT NOT NULL,
  language TEXT NOT NULL, status TEXT NOT NULL, category INTEGER, quality TEXT, definition TEXT NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, account_id, name, language)
) STRICT, WITHOUT ROWID;

CREATE TABLE pauses (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, scope TEXT NOT NULL, target TEXT NOT NULL, reason TEXT NOT NULL,
  until INTEGER, created_at INTEGER NOT NULL, lifted_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

-- Written once; only terminal, reason and due_at ever change.
CREATE TABLE messages (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, account_id BLOB NOT NULL, sender_id BLOB NOT NULL,
  channel INTEGER NOT NULL, category INTEGER NOT NULL, recipient BLOB NOT NULL, country TEXT, template TEXT,
  language TEXT, created_at INTEGER NOT NULL, due_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  ordered INTEGER NOT NULL, free_form INTEGER NOT NULL, trace BLOB NOT NULL, trace_given INTEGER NOT NULL,
  reference BLOB, terminal INTEGER NOT NULL DEFAULT 0, reason TEXT,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_reference ON messages (tenant_id, reference, id) WHERE reference IS NOT NULL;
CREATE INDEX messages_by_trace ON messages (tenant_id, trace, id) WHERE trace_given = 1;

-- Messages by recipient, in sorted runs that are written behind the log: an index would touch a page of its
-- own for each message.
CREATE TABLE recipient_runs (run INTEGER PRIMARY KEY, messages INTEGER NOT NULL) STRICT;
CREATE TABLE recipient_messages (
  run INTEGER NOT NULL, tenant_id BLOB NOT NULL, recipient BLOB NOT NULL, message_id BLOB NOT NULL,
  PRIMARY KEY (run, tenant_id, recipient, message_id)
) STRICT, WITHOUT ROWID;

-- One erasable row each: contents, addresses, raw callbacks.
CREATE TABLE sealed (
  tenant_id BLOB NOT NULL, owner BLOB NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (tenant_id, owner, part)
) STRICT, WITHOUT ROWID;

-- Pending work only: inserted at intake, deleted by whoever wins the row.
CREATE TABLE due (
  sender_id BLOB NOT NULL, category INTEGER NOT NULL, due_at INTEGER NOT NULL, message_id BLOB NOT NULL,
  tenant_id BLOB NOT NULL, account_id BLOB NOT NULL, attempt INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  recipient BLOB NOT NULL, country TEXT, ordered INTEGER NOT NULL, free_form INTEGER NOT NULL, template TEXT,
  language TEXT, trace BLOB NOT NULL,
  PRIMARY KEY (sender_id, category, due_at, message_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
  tenant_id BLOB NOT NULL, message_id BLOB NOT NULL, n INTEGER NOT NULL, sender_id BLOB NOT NULL,
  account_id BLOB NOT NULL, trace BLOB NOT NULL, state INTEGER NOT NULL, epoch INTEGER NOT NULL,
  claimed_at INTEGER NOT NULL, answered_at INTEGER, code INTEGER, retry_at INTEGER, doubt_until INTEGER,
  doubted INTEGER NOT NULL DEFAULT 0, pricing TEXT, provider_id BLOB,
  PRIMARY KEY (tenant_id, message_id, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_open ON attempts (message_id, n) WHERE state <= 1;

-- A row without message_id waits for the answer that names the id; see orphans.
CREATE TABLE provider_ids (
  tenant_id BLOB NOT NULL, account_id BLOB NOT NULL, hash BLOB NOT NULL, message_id BLOB, n INTEGER,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, account_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE orphans (
  tenant_id BLOB NOT NULL, account_id BLOB NOT NULL, hash BLOB NOT NULL, state INTEGER NOT NULL,
  at INTEGER NOT NULL, code INTEGER, pricing TEXT, received_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, account_id, hash, state)
) STRICT, WITHOUT ROWID;

-- The newest row is never deleted, so a number is never given twice.
CREATE TABLE events (
  seq INTEGER PRIMARY KEY, tenant_id BLOB NOT NULL, kind INTEGER NOT NULL, subject BLOB NOT NULL,
  actor TEXT NOT NULL, trace BLOB, at INTEGER NOT NULL, body TEXT NOT NULL
) STRICT;
-- Where a subject's events stand, written behind the log.
CREATE TABLE subject_events (
  tenant_id BLOB NOT NULL, subject BLOB NOT NULL, transaction_id INTEGER NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, subject, transaction_id, seq)
) STRICT, WITHOUT ROWID;
-- A tenant's feed walks the log from its cursor: an index by tenant would cost every event a tenth of its writing.

CREATE TABLE attention (
  tenant_id BLOB NOT NULL, message_id BLOB NOT NULL, kind INTEGER NOT NULL, reason TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attention_by_time ON attention (tenant_id, at DESC, message_id);

-- Derived facts beside the append-only consents; columns by category code.
CREATE TABLE recipients (
  tenant_id BLOB NOT NULL, hash BLOB NOT NULL, revoked_0 INTEGER, revoked_1 INTEGER, revoked_2 INTEGER,
  revoked_3 INTEGER, invalid_code INTEGER, invalid_at INTEGER, cool_until INTEGER,
  PRIMARY KEY (tenant_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipients_invalid ON recipients (tenant_id, hash) WHERE invalid_code IS NOT NULL;

CREATE TABLE consents (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, recipient BLOB NOT NULL, channel INTEGER NOT NULL,
  purpose INTEGER NOT NULL, granted INTEGER NOT NULL, source TEXT NOT NULL, at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX consents_by_recipient ON consents (tenant_id, recipient, id);

CREATE TABLE windows (
  tenant_id BLOB NOT NULL, sender_id BLOB NOT NULL, hash BLOB NOT NULL, last_inbound_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, sender_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE contacts (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE identities (
  tenant_id BLOB NOT NULL, hash BLOB NOT NULL, contact_id BLOB NOT NULL, kind TEXT NOT NULL,
  value BLOB NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX identities_by_contact ON identities (tenant_id, contact_id);

CREATE TABLE inbound (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, account_id BLOB NOT NULL, sender_id BLOB NOT NULL,
  contact_id BLOB, recipient BLOB, kind TEXT NOT NULL, at INTEGER NOT NULL, received_at INTEGER NOT NULL,
  provider_hash BLOB NOT NULL, context_hash BLOB,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, account_id, provider_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX inbound_by_recipient ON inbound (tenant_id, recipient, id);

CREATE TABLE kept (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, account_id BLOB, field TEXT NOT NULL, received_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE media (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, account_id BLOB NOT NULL, sender_id BLOB NOT NULL,
  provider_id BLOB NOT NULL, mime_type TEXT NOT NULL, bytes INTEGER NOT NULL, created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  key BLOB PRIMARY KEY, tenant_id BLOB NOT NULL, fingerprint BLOB NOT NULL, status INTEGER NOT NULL,
  body BLOB, created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE leases (
  name TEXT PRIMARY KEY, owner TEXT NOT NULL, epoch INTEGER NOT NULL, expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Ids are 16 bytes, times are microseconds since 1970 in UTC, booleans are 0 or 1, JSON is text.
-- tenant_id comes first in every key. Message rows carry no index on a column that changes.

CREATE TABLE meta (key TEXT PRIMARY KEY, number BIGINT, data BYTEA);

CREATE TABLE tenants (
  id BYTEA PRIMARY KEY, name TEXT NOT NULL, messages_per_s DOUBLE PRECISION, created_at BIGINT NOT NULL,
  suspended BIGINT NOT NULL DEFAULT 0,
  catalog_version BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE tenant_keys (
  tenant_id BYTEA NOT NULL, purpose TEXT NOT NULL, version BIGINT NOT NULL, wrapped BYTEA NOT NULL,
  created_at BIGINT NOT NULL, active BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, purpose, version)
);

CREATE TABLE api_keys (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, hash BYTEA NOT NULL UNIQUE, name TEXT NOT NULL,
  role TEXT NOT NULL, permissions BIGINT NOT NULL, created_at BIGINT NOT NULL, revoked_at BIGINT,
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE login_tokens (
  hash BYTEA PRIMARY KEY, tenant_id BYTEA, role TEXT NOT NULL, created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL, used_at BIGINT
);

CREATE TABLE sessions (
  hash BYTEA PRIMARY KEY, id BYTEA NOT NULL, tenant_id BYTEA, role TEXT NOT NULL, created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, ended_at BIGINT
);

CREATE TABLE accounts (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, provider TEXT NOT NULL, provider_ref TEXT NOT NULL,
  credentials BYTEA NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX accounts_by_id ON accounts (id);

CREATE TABLE senders (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, account_id BYTEA NOT NULL, channel BIGINT NOT NULL,
  address TEXT NOT NULL, provider_ref TEXT NOT NULL, messages_per_s DOUBLE PRECISION NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, account_id, provider_ref)
);

CREATE TABLE templates (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, account_id BYTEA NOT NULL, name TEXT NOT NULL,
  language TEXT NOT NULL, status TEXT NOT NULL, category BIGINT, quality TEXT, definition TEXT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, account_id, name, language)
);

CREATE TABLE pauses (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, scope TEXT NOT NULL, target TEXT NOT NULL, reason TEXT NOT NULL,
  until BIGINT, created_at BIGINT NOT NULL, lifted_at BIGINT,
  PRIMARY KEY (tenant_id, id)
);

-- Written once; only terminal, reason and due_at ever change.
CREATE TABLE messages (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, account_id BYTEA NOT NULL, sender_id BYTEA NOT NULL,
  channel BIGINT NOT NULL, category BIGINT NOT NULL, recipient BYTEA NOT NULL, country TEXT, template TEXT,
  language TEXT, created_at BIGINT NOT NULL, due_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  ordered BIGINT NOT NULL, free_form BIGINT NOT NULL, trace BYTEA NOT NULL, trace_given BIGINT NOT NULL,
  reference BYTEA, terminal BIGINT NOT NULL DEFAULT 0, reason TEXT,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX messages_by_reference ON messages (tenant_id, reference, id) WHERE reference IS NOT NULL;
CREATE INDEX messages_by_trace ON messages (tenant_id, trace, id) WHERE trace_given = 1;

-- Messages by recipient, in sorted runs that are written behind the log: an index would touch a page of its
-- own for each message.
CREATE TABLE recipient_runs (run BIGINT PRIMARY KEY, messages BIGINT NOT NULL);
CREATE TABLE recipient_messages (
  run BIGINT NOT NULL, tenant_id BYTEA NOT NULL, recipient BYTEA NOT NULL, message_id BYTEA NOT NULL,
  PRIMARY KEY (run, tenant_id, recipient, message_id)
);

-- One erasable row each: contents, addresses, raw callbacks.
CREATE TABLE sealed (
  tenant_id BYTEA NOT NULL, owner BYTEA NOT NULL, part BIGINT NOT NULL, data BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, owner, part)
);

-- Pending work only: inserted at intake, deleted by whoever wins the row.
CREATE TABLE due (
  sender_id BYTEA NOT NULL, category BIGINT NOT NULL, due_at BIGINT NOT NULL, message_id BYTEA NOT NULL,
  tenant_id BYTEA NOT NULL, account_id BYTEA NOT NULL, attempt BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  recipient BYTEA NOT NULL, country TEXT, ordered BIGINT NOT NULL, free_form BIGINT NOT NULL, template TEXT,
  language TEXT, trace BYTEA NOT NULL,
  PRIMARY KEY (sender_id, category, due_at, message_id)
);

CREATE TABLE attempts (
  tenant_id BYTEA NOT NULL, message_id BYTEA NOT NULL, n BIGINT NOT NULL, sender_id BYTEA NOT NULL,
  account_id BYTEA NOT NULL, trace BYTEA NOT NULL, state BIGINT NOT NULL, epoch BIGINT NOT NULL,
  claimed_at BIGINT NOT NULL, answered_at BIGINT, code BIGINT, retry_at BIGINT, doubt_until BIGINT,
  doubted BIGINT NOT NULL DEFAULT 0, pricing TEXT, provider_id BYTEA,
  PRIMARY KEY (tenant_id, message_id, n)
);
CREATE INDEX attempts_open ON attempts (message_id, n) WHERE state <= 1;

-- A row without message_id waits for the answer that names the id; see orphans.
CREATE TABLE provider_ids (
  tenant_id BYTEA NOT NULL, account_id BYTEA NOT NULL, hash BYTEA NOT NULL, message_id BYTEA, n BIGINT,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, account_id, hash)
);

CREATE TABLE orphans (
  tenant_id BYTEA NOT NULL, account_id BYTEA NOT NULL, hash BYTEA NOT NULL, state BIGINT NOT NULL,
  at BIGINT NOT NULL, code BIGINT, pricing TEXT, received_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, account_id, hash, state)
);

CREATE TABLE events (
  seq BIGINT GENERATED ALWAYS AS IDENTITY, tenant_id BYTEA NOT NULL, kind BIGINT NOT NULL, subject BYTEA NOT NULL,
  actor TEXT NOT NULL, trace BYTEA, at BIGINT NOT NULL, body TEXT NOT NULL,
  -- Sequence order is not commit order: readers go by (tx, seq) below the snapshot's xmin.
  tx XID8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (tx, seq)
);
-- Where a subject's events stand, written behind the log.
CREATE TABLE subject_events (
  tenant_id BYTEA NOT NULL, subject BYTEA NOT NULL, transaction_id BIGINT NOT NULL, seq BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, subject, transaction_id, seq)
);
CREATE INDEX events_by_tenant ON events (tenant_id, tx, seq);

CREATE TABLE attention (
  tenant_id BYTEA NOT NULL, message_id BYTEA NOT NULL, kind BIGINT NOT NULL, reason TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, message_id)
);
CREATE INDEX attention_by_time ON attention (tenant_id, at DESC, message_id);

-- Derived facts beside the append-only consents; columns by category code.
CREATE TABLE recipients (
  tenant_id BYTEA NOT NULL, hash BYTEA NOT NULL, revoked_0 BIGINT, revoked_1 BIGINT, revoked_2 BIGINT,
  revoked_3 BIGINT, invalid_code BIGINT, invalid_at BIGINT, cool_until BIGINT,
  PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX recipients_invalid ON recipients (tenant_id, hash) WHERE invalid_code IS NOT NULL;

CREATE TABLE consents (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, recipient BYTEA NOT NULL, channel BIGINT NOT NULL,
  purpose BIGINT NOT NULL, granted BIGINT NOT NULL, source TEXT NOT NULL, at BIGINT NOT NULL,
  actor TEXT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX consents_by_recipient ON consents (tenant_id, recipient, id);

CREATE TABLE windows (
  tenant_id BYTEA NOT NULL, sender_id BYTEA NOT NULL, hash BYTEA NOT NULL, last_inbound_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, sender_id, hash)
);

CREATE TABLE contacts (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE identities (
  tenant_id BYTEA NOT NULL, hash BYTEA NOT NULL, contact_id BYTEA NOT NULL, kind TEXT NOT NULL,
  value BYTEA NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX identities_by_contact ON identities (tenant_id, contact_id);

CREATE TABLE inbound (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, account_id BYTEA NOT NULL, sender_id BYTEA NOT NULL,
  contact_id BYTEA, recipient BYTEA, kind TEXT NOT NULL, at BIGINT NOT NULL, received_at BIGINT NOT NULL,
  provider_hash BYTEA NOT NULL, context_hash BYTEA,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, account_id, provider_hash)
);
CREATE INDEX inbound_by_recipient ON inbound (tenant_id, recipient, id);

CREATE TABLE kept (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, account_id BYTEA, field TEXT NOT NULL, received_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE media (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, account_id BYTEA NOT NULL, sender_id BYTEA NOT NULL,
  provider_id BYTEA NOT NULL, mime_type TEXT NOT NULL, bytes BIGINT NOT NULL, created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, id)
);

CREATE TABLE idempotency (
  key BYTEA PRIMARY KEY, tenant_id BYTEA NOT NULL, fingerprint BYTEA NOT NULL, status BIGINT NOT NULL,
  body BYTEA, created_at BIGINT NOT NULL
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE leases (
  name TEXT PRIMARY KEY, owner TEXT NOT NULL, epoch BIGINT NOT NULL, expires_at BIGINT NOT NULL
);

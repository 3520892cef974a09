-- Consent: topics, sources and proofs, settings, links for recipients, forms, imports; contacts with attributes.

-- An entry is about its category, or about a topic below it; the channel 255 means any.
ALTER TABLE consents ADD COLUMN topic BLOB;
ALTER TABLE consents ADD COLUMN source_detail TEXT;
ALTER TABLE consents ADD COLUMN basis TEXT;
ALTER TABLE consents ADD COLUMN recorded_at INTEGER NOT NULL DEFAULT 0;
-- The newest statements of a person, packed; see domain::consent::Choices.
ALTER TABLE recipients ADD COLUMN choices BLOB;
-- Where a contact is, by the name of the time zone, for every identity of theirs.
ALTER TABLE recipients ADD COLUMN zone TEXT;

CREATE TABLE topics (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, code TEXT NOT NULL, category INTEGER NOT NULL, titles TEXT NOT NULL,
  created_at INTEGER NOT NULL, archived_at INTEGER,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE consent_settings (
  tenant_id BLOB PRIMARY KEY, settings TEXT NOT NULL, updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Only of messages that carry one; looked up only for people who ever said something about a topic.
CREATE TABLE message_topics (
  tenant_id BLOB NOT NULL, message_id BLOB NOT NULL, topic BLOB NOT NULL,
  PRIMARY KEY (tenant_id, message_id)
) STRICT, WITHOUT ROWID;

-- Links that a recipient is given; the token is stored as a keyed hash, what it stands for sealed.
CREATE TABLE public_links (
  hash BLOB PRIMARY KEY, tenant_id BLOB NOT NULL, kind INTEGER NOT NULL, recipient BLOB NOT NULL, data BLOB NOT NULL,
  created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX public_links_by_age ON public_links (expires_at);
CREATE INDEX public_links_by_recipient ON public_links (tenant_id, recipient, created_at);

CREATE TABLE consent_forms (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, version INTEGER NOT NULL, definition TEXT NOT NULL,
  created_at INTEGER NOT NULL, closed_at INTEGER,
  PRIMARY KEY (tenant_id, id, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX consent_forms_by_id ON consent_forms (id);

-- A file that is read line by line behind the request; done_lines says where to go on after a restart.
CREATE TABLE imports (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, kind INTEGER NOT NULL, state INTEGER NOT NULL, actor TEXT NOT NULL,
  options TEXT NOT NULL, lines INTEGER NOT NULL, done_lines INTEGER NOT NULL DEFAULT 0,
  good INTEGER NOT NULL DEFAULT 0, bad INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, finished_at INTEGER,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX imports_open ON imports (state, id) WHERE state = 0;
-- Portions of the file, sealed; a portion goes when it is done.
CREATE TABLE import_parts (
  tenant_id BLOB NOT NULL, import_id BLOB NOT NULL, first_line INTEGER NOT NULL, lines INTEGER NOT NULL,
  data BLOB NOT NULL,
  PRIMARY KEY (tenant_id, import_id, first_line)
) STRICT, WITHOUT ROWID;
-- Lines that were refused, with the line itself sealed.
CREATE TABLE import_refusals (
  tenant_id BLOB NOT NULL, import_id BLOB NOT NULL, line INTEGER NOT NULL, code TEXT NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY (tenant_id, import_id, line)
) STRICT, WITHOUT ROWID;

-- Attributes, time zone and language of a person, sealed as one record.
ALTER TABLE contacts ADD COLUMN profile BLOB;
ALTER TABLE contacts ADD COLUMN erased_at INTEGER;
CREATE TABLE contact_attributes (
  tenant_id BLOB NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, name)
) STRICT, WITHOUT ROWID;
-- What became of a contact: merged, split, number changed, erased. Addresses in it are sealed.
CREATE TABLE contact_history (
  tenant_id BLOB NOT NULL, contact_id BLOB NOT NULL, at INTEGER NOT NULL, n INTEGER NOT NULL, what TEXT NOT NULL,
  actor TEXT NOT NULL, data BLOB,
  PRIMARY KEY (tenant_id, contact_id, at, n)
) STRICT, WITHOUT ROWID;

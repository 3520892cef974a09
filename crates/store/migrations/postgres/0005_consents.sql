-- Consent: topics, sources and proofs, settings, links for recipients, forms, imports; contacts with attributes.

-- An entry is about its category, or about a topic below it; the channel 255 means any.
ALTER TABLE consents ADD COLUMN topic BYTEA;
ALTER TABLE consents ADD COLUMN source_detail TEXT;
ALTER TABLE consents ADD COLUMN basis TEXT;
ALTER TABLE consents ADD COLUMN recorded_at BIGINT NOT NULL DEFAULT 0;
-- The newest statements of a person, packed; see domain::consent::Choices.
ALTER TABLE recipients ADD COLUMN choices BYTEA;
-- Where a contact is, by the name of the time zone, for every identity of theirs.
ALTER TABLE recipients ADD COLUMN zone TEXT;

CREATE TABLE topics (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, code TEXT NOT NULL, category BIGINT NOT NULL, titles TEXT NOT NULL,
  created_at BIGINT NOT NULL, archived_at BIGINT,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, code)
);

CREATE TABLE consent_settings (
  tenant_id BYTEA PRIMARY KEY, settings TEXT NOT NULL, updated_at BIGINT NOT NULL
);

-- Only of messages that carry one; looked up only for people who ever said something about a topic.
CREATE TABLE message_topics (
  tenant_id BYTEA NOT NULL, message_id BYTEA NOT NULL, topic BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, message_id)
);

-- Links that a recipient is given; the token is stored as a keyed hash, what it stands for sealed.
CREATE TABLE public_links (
  hash BYTEA PRIMARY KEY, tenant_id BYTEA NOT NULL, kind BIGINT NOT NULL, recipient BYTEA NOT NULL, data BYTEA NOT NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT
);
CREATE INDEX public_links_by_age ON public_links (expires_at);
CREATE INDEX public_links_by_recipient ON public_links (tenant_id, recipient, created_at);

CREATE TABLE consent_forms (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, version BIGINT NOT NULL, definition TEXT NOT NULL,
  created_at BIGINT NOT NULL, closed_at BIGINT,
  PRIMARY KEY (tenant_id, id, version)
);
CREATE INDEX consent_forms_by_id ON consent_forms (id);

-- A file that is read line by line behind the request; done_lines says where to go on after a restart.
CREATE TABLE imports (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, kind BIGINT NOT NULL, state BIGINT NOT NULL, actor TEXT NOT NULL,
  options TEXT NOT NULL, lines BIGINT NOT NULL, done_lines BIGINT NOT NULL DEFAULT 0,
  good BIGINT NOT NULL DEFAULT 0, bad BIGINT NOT NULL DEFAULT 0, created_at BIGINT NOT NULL, finished_at BIGINT,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX imports_open ON imports (state, id) WHERE state = 0;
-- Portions of the file, sealed; a portion goes when it is done.
CREATE TABLE import_parts (
  tenant_id BYTEA NOT NULL, import_id BYTEA NOT NULL, first_line BIGINT NOT NULL, lines BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, import_id, first_line)
);
-- Lines that were refused, with the line itself sealed.
CREATE TABLE import_refusals (
  tenant_id BYTEA NOT NULL, import_id BYTEA NOT NULL, line BIGINT NOT NULL, code TEXT NOT NULL, data BYTEA NOT NULL,
  PRIMARY KEY (tenant_id, import_id, line)
);

-- Attributes, time zone and language of a person, sealed as one record.
ALTER TABLE contacts ADD COLUMN profile BYTEA;
ALTER TABLE contacts ADD COLUMN erased_at BIGINT;
CREATE TABLE contact_attributes (
  tenant_id BYTEA NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, name)
);
-- What became of a contact: merged, split, number changed, erased. Addresses in it are sealed.
CREATE TABLE contact_history (
  tenant_id BYTEA NOT NULL, contact_id BYTEA NOT NULL, at BIGINT NOT NULL, n BIGINT NOT NULL, what TEXT NOT NULL,
  actor TEXT NOT NULL, data BYTEA,
  PRIMARY KEY (tenant_id, contact_id, at, n)
);

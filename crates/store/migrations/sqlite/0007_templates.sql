-- The catalogue of templates: what the tenant calls one template, its versions by language and variant, what
-- happened to each, and what is still to be done about them.

CREATE TABLE logical_templates (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, account_id BLOB NOT NULL, name TEXT NOT NULL,
  category INTEGER NOT NULL, settings TEXT NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL, archived_at INTEGER,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name)
) STRICT, WITHOUT ROWID;

-- The definition never changes; state and what follows it do.
CREATE TABLE template_versions (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, template_id BLOB NOT NULL, language TEXT NOT NULL,
  variant TEXT NOT NULL, n INTEGER NOT NULL, definition TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL,
  based_on BLOB, automatic INTEGER NOT NULL, findings TEXT NOT NULL, overridden_by TEXT,
  created_at INTEGER NOT NULL, state TEXT NOT NULL, updated_at INTEGER NOT NULL, provider_name TEXT,
  provider_id TEXT, submitted_at INTEGER, decided_at INTEGER, verdict TEXT, reason TEXT,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, template_id, language, variant, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX template_versions_by_name ON template_versions (tenant_id, provider_name, language)
  WHERE provider_name IS NOT NULL;

CREATE TABLE template_steps (
  tenant_id BLOB NOT NULL, version_id BLOB NOT NULL, n INTEGER NOT NULL, state TEXT NOT NULL,
  actor TEXT NOT NULL, at INTEGER NOT NULL, note TEXT NOT NULL,
  PRIMARY KEY (tenant_id, version_id, n)
) STRICT, WITHOUT ROWID;

-- Submissions and checks that the system still owes; small.
CREATE TABLE template_tasks (
  tenant_id BLOB NOT NULL, version_id BLOB NOT NULL, task TEXT NOT NULL, due_at INTEGER NOT NULL,
  tries INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, version_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX template_tasks_due ON template_tasks (due_at);

CREATE TABLE template_rules (
  tenant_id BLOB PRIMARY KEY, rules TEXT NOT NULL, updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

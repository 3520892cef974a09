-- The catalogue of templates: what the tenant calls one template, its versions by language and variant, what
-- happened to each, and what is still to be done about them.

CREATE TABLE logical_templates (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, account_id BYTEA NOT NULL, name TEXT NOT NULL,
  category BIGINT NOT NULL, settings TEXT NOT NULL, created_by TEXT NOT NULL, created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL, archived_at BIGINT,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, name)
);

-- The definition never changes; state and what follows it do.
CREATE TABLE template_versions (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, template_id BYTEA NOT NULL, language TEXT NOT NULL,
  variant TEXT NOT NULL, n BIGINT NOT NULL, definition TEXT NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL,
  based_on BYTEA, automatic BIGINT NOT NULL, findings TEXT NOT NULL, overridden_by TEXT,
  created_at BIGINT NOT NULL, state TEXT NOT NULL, updated_at BIGINT NOT NULL, provider_name TEXT,
  provider_id TEXT, submitted_at BIGINT, decided_at BIGINT, verdict TEXT, reason TEXT,
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, template_id, language, variant, n)
);
CREATE INDEX template_versions_by_name ON template_versions (tenant_id, provider_name, language)
  WHERE provider_name IS NOT NULL;

CREATE TABLE template_steps (
  tenant_id BYTEA NOT NULL, version_id BYTEA NOT NULL, n BIGINT NOT NULL, state TEXT NOT NULL,
  actor TEXT NOT NULL, at BIGINT NOT NULL, note TEXT NOT NULL,
  PRIMARY KEY (tenant_id, version_id, n)
);

-- Submissions and checks that the system still owes; small.
CREATE TABLE template_tasks (
  tenant_id BYTEA NOT NULL, version_id BYTEA NOT NULL, task TEXT NOT NULL, due_at BIGINT NOT NULL,
  tries BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, version_id)
);
CREATE INDEX template_tasks_due ON template_tasks (due_at);

CREATE TABLE template_rules (
  tenant_id BYTEA PRIMARY KEY, rules TEXT NOT NULL, updated_at BIGINT NOT NULL
);

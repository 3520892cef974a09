-- Messages that go another way when one does not succeed. A message without a fallback has no row here.
CREATE TABLE plans (
  tenant_id BYTEA NOT NULL, message_id BYTEA NOT NULL, step BIGINT NOT NULL, slot BIGINT NOT NULL,
  deadline BIGINT, ended TEXT, created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant_id, message_id)
);
CREATE INDEX plans_by_deadline ON plans (deadline, slot) WHERE deadline IS NOT NULL;

-- The ways in their order; `first_attempt` is the number of the attempt with which one was taken.
CREATE TABLE plan_steps (
  tenant_id BYTEA NOT NULL, message_id BYTEA NOT NULL, step BIGINT NOT NULL, first_attempt BIGINT,
  sender_id BYTEA NOT NULL, account_id BYTEA NOT NULL, channel BIGINT NOT NULL, recipient BYTEA NOT NULL,
  country TEXT, free_form BIGINT NOT NULL, template TEXT, language TEXT, wait_us BIGINT, success BIGINT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (tenant_id, message_id, step)
);

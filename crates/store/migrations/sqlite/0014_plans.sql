-- Messages that go another way when one does not succeed. A message without a fallback has no row here.
CREATE TABLE plans (
  tenant_id BLOB NOT NULL, message_id BLOB NOT NULL, step INTEGER NOT NULL, slot INTEGER NOT NULL,
  deadline INTEGER, ended TEXT, created_at INTEGER NOT NULL,
  PRIMARY KEY (tenant_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX plans_by_deadline ON plans (deadline, slot) WHERE deadline IS NOT NULL;

-- The ways in their order; `first_attempt` is the number of the attempt with which one was taken.
CREATE TABLE plan_steps (
  tenant_id BLOB NOT NULL, message_id BLOB NOT NULL, step INTEGER NOT NULL, first_attempt INTEGER,
  sender_id BLOB NOT NULL, account_id BLOB NOT NULL, channel INTEGER NOT NULL, recipient BLOB NOT NULL,
  country TEXT, free_form INTEGER NOT NULL, template TEXT, language TEXT, wait_us INTEGER, success INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (tenant_id, message_id, step)
) STRICT, WITHOUT ROWID;

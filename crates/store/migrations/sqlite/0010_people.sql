-- Messages that may be an opt-out and wait for somebody to say so; the words themselves are the inbound message's.
CREATE TABLE opt_out_reviews (
  tenant_id BLOB NOT NULL, id BLOB NOT NULL, recipient BLOB NOT NULL, word TEXT NOT NULL, at INTEGER NOT NULL,
  state INTEGER NOT NULL DEFAULT 0, decided_at INTEGER, actor TEXT,
  PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX opt_out_reviews_by_state ON opt_out_reviews (tenant_id, state, id);
CREATE INDEX opt_out_reviews_by_recipient ON opt_out_reviews (tenant_id, recipient);

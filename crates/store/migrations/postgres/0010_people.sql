-- Messages that may be an opt-out and wait for somebody to say so; the words themselves are the inbound message's.
CREATE TABLE opt_out_reviews (
  tenant_id BYTEA NOT NULL, id BYTEA NOT NULL, recipient BYTEA NOT NULL, word TEXT NOT NULL, at BIGINT NOT NULL,
  state BIGINT NOT NULL DEFAULT 0, decided_at BIGINT, actor TEXT,
  PRIMARY KEY (tenant_id, id)
);
CREATE INDEX opt_out_reviews_by_state ON opt_out_reviews (tenant_id, state, id);
CREATE INDEX opt_out_reviews_by_recipient ON opt_out_reviews (tenant_id, recipient);

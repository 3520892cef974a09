-- Many nodes over one store: who is there, who decides for which slot, and what they tell one another.

CREATE TABLE nodes (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, incarnation BIGINT NOT NULL, roles TEXT NOT NULL,
  version TEXT NOT NULL, address TEXT NOT NULL, started_at BIGINT NOT NULL, heartbeat_at BIGINT NOT NULL
);

-- Renewed every two seconds: room on the page keeps the updates in place.
CREATE TABLE slots (
  slot BIGINT PRIMARY KEY, owner TEXT NOT NULL DEFAULT '', epoch BIGINT NOT NULL DEFAULT 0,
  expires_at BIGINT NOT NULL DEFAULT 0, tenants BIGINT NOT NULL DEFAULT 0
) WITH (fillfactor = 30);
INSERT INTO slots (slot) SELECT generate_series(0, 63);

ALTER TABLE accounts ADD COLUMN slot BIGINT NOT NULL DEFAULT 0;
UPDATE accounts SET slot = get_byte(tenant_id, 15) % 64;
UPDATE slots SET tenants = (SELECT COUNT(DISTINCT a.tenant_id) FROM accounts a WHERE a.slot = slots.slot);

-- What a provider said about a sender to a node that does not own its lane; taken by the one that does.
CREATE TABLE signals (
  sender_id BYTEA NOT NULL, code BIGINT NOT NULL, slot BIGINT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (sender_id, code)
);

-- What the owner of a lane last showed of it.
CREATE TABLE lane_views (
  sender_id BYTEA PRIMARY KEY, node TEXT NOT NULL, at BIGINT NOT NULL, view TEXT NOT NULL
);

-- Many nodes over one store: who is there, who decides for which slot, and what they tell one another.

CREATE TABLE nodes (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, incarnation INTEGER NOT NULL, roles TEXT NOT NULL,
  version TEXT NOT NULL, address TEXT NOT NULL, started_at INTEGER NOT NULL, heartbeat_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE slots (
  slot INTEGER PRIMARY KEY, owner TEXT NOT NULL DEFAULT '', epoch INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER NOT NULL DEFAULT 0, tenants INTEGER NOT NULL DEFAULT 0
) STRICT;
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 63)
INSERT INTO slots (slot) SELECT n FROM numbers;

ALTER TABLE accounts ADD COLUMN slot INTEGER NOT NULL DEFAULT 0;
UPDATE accounts SET slot = ((instr('0123456789ABCDEF', substr(hex(tenant_id), 31, 1)) - 1) * 16
  + instr('0123456789ABCDEF', substr(hex(tenant_id), 32, 1)) - 1) % 64;
UPDATE slots SET tenants = (SELECT COUNT(DISTINCT a.tenant_id) FROM accounts a WHERE a.slot = slots.slot);

-- What a provider said about a sender to a node that does not own its lane; taken by the one that does.
CREATE TABLE signals (
  sender_id BLOB NOT NULL, code INTEGER NOT NULL, slot INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (sender_id, code)
) STRICT, WITHOUT ROWID;

-- What the owner of a lane last showed of it.
CREATE TABLE lane_views (
  sender_id BLOB PRIMARY KEY, node TEXT NOT NULL, at INTEGER NOT NULL, view TEXT NOT NULL
) STRICT, WITHOUT ROWID;

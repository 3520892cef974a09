-- What operators do: review after a restore, retention, quotas, and upgrades while older programs run.

-- After a restore: 1 held for review, 2 to be sent again, 3 to be given up. Null otherwise.
ALTER TABLE attempts ADD COLUMN review INTEGER;

ALTER TABLE tenants ADD COLUMN accepts_per_s REAL;
ALTER TABLE tenants ADD COLUMN accepts_per_day INTEGER;
-- JSON: days by kind of data, where they differ from the installation's.
ALTER TABLE tenants ADD COLUMN retention TEXT;

-- The oldest schema whose programs still work on this one; null: only those that know this version.
ALTER TABLE migrations ADD COLUMN min_compatible INTEGER;

-- What waits for a provider's id that nobody ever names is dropped by its age.
CREATE INDEX orphans_by_age ON orphans (received_at);
CREATE INDEX provider_ids_waiting ON provider_ids (created_at) WHERE message_id IS NULL;

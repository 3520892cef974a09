-- The claims in the log by their time (3 is message.submitting): a lane that opens reads those of the last minutes,
-- however long the queue that was written between them.
CREATE INDEX events_claims ON events (at) WHERE kind = 3;

-- Steps ahead of a wall clock that was at work: what was claimed before one is younger than it looks.
CREATE TABLE clock_steps (after_at BIGINT PRIMARY KEY, before_at BIGINT NOT NULL);

-- Steps ahead of a wall clock that was at work: what was claimed before one is younger than it looks.
CREATE TABLE clock_steps (after_at INTEGER PRIMARY KEY, before_at INTEGER NOT NULL) STRICT;

-- One-time passwords.
DROP TABLE IF EXISTS placeholder;

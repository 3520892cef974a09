-- Consent: topics, proofs, forms, imports; contacts with attributes.
DROP TABLE IF EXISTS placeholder;

-- The catalogue of templates: versions, reviews, history.
DROP TABLE IF EXISTS placeholder;

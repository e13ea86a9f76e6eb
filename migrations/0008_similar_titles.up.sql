-- Titles by their trigrams, for searches that no text has the words of.
create index topics_title_trigrams on topics using gin (title gin_trgm_ops);
create index documents_title_trigrams on documents using gin (title gin_trgm_ops);

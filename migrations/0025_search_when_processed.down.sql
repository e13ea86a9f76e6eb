drop index documents_search, documents_title_trigrams;
alter table documents
	drop column search_vector,
	drop column rank_vector,
	add column search_vector tsvector not null generated always as (
		setweight(to_tsvector(search_config(language), search_text(title, 2000)), 'A') ||
		setweight(to_tsvector(search_config(language), search_text(coalesce(summary, ''), 20000)), 'B') ||
		setweight(to_tsvector(search_config(language), search_text(coalesce(content_text, ''), 150000)), 'C')
	) stored,
	add column rank_vector tsvector not null generated always as (
		setweight(to_tsvector(search_config(language), search_text(title, 500)), 'A') ||
		setweight(to_tsvector(search_config(language), search_text(coalesce(summary, ''), 300)), 'B')
	) stored;
create index documents_search on documents
	using gin ((search_vector || document_tags(domain, market, language, source, source_name, collection_id, status, published_at, fetched_at, seq)))
	with (fastupdate = on, gin_pending_list_limit = 2048);
create index documents_title_trigrams on documents using gin (title gin_trgm_ops);

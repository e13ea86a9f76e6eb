-- One number for the values that lists filter by equality; see document_facets.
create function document_facet(
	domain text, market text, language text, source text, source_name text, collection_id uuid, status text) returns bigint
language sql immutable parallel safe as $$
	select hashtextextended(status, hashtextextended(source, hashtextextended(source_name, hashtextextended(coalesce(collection_id::text, ''),
		hashtextextended(language, hashtextextended(market, hashtextextended(domain, 0)))))))
$$;

create table documents (
	id uuid primary key,
	-- The collection that first brought the document; null once that collection is deleted.
	collection_id uuid references collections (id) on delete set null,

	title text not null,
	content text,       -- sanitised HTML
	content_text text,  -- the same as plain text
	summary text,       -- plain text
	url text not null,
	canonical_url text not null,
	-- SHA-256 of canonical_url, made in Go: an index row holds 2.7 kB at most, an address may be longer.
	canonical_url_hash bytea not null check (octet_length(canonical_url_hash) = 32),

	source text not null check (source in ('rss')),
	source_name text not null,
	source_metadata jsonb not null default '{}',

	domain text not null,
	market text not null,
	language text not null check (char_length(language) between 2 and 8),

	content_hash text not null check (content_hash ~ '^[0-9a-f]{64}$'),
	published_at timestamptz,
	fetched_at timestamptz not null default now(),
	author text,

	-- Null: not measured, not known.
	reliability_score double precision check (reliability_score between 0 and 1),
	paywall boolean,

	status text not null default 'new' check (status in ('new', 'processed', 'rejected')),
	processed_at timestamptz,

	revision bigint not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),

	search_vector tsvector not null generated always as (
		setweight(to_tsvector(search_config(language), search_text(title, 2000)), 'A') ||
		setweight(to_tsvector(search_config(language), search_text(coalesce(summary, ''), 20000)), 'B') ||
		setweight(to_tsvector(search_config(language), search_text(coalesce(content_text, ''), 150000)), 'C')
	) stored,

	-- What ranking looks at: short, so that ranking a thousand candidates reads no long vectors.
	rank_vector tsvector not null generated always as (
		setweight(to_tsvector(search_config(language), search_text(title, 500)), 'A') ||
		setweight(to_tsvector(search_config(language), search_text(coalesce(summary, ''), 300)), 'B')
	) stored,
	facet bigint not null generated always as (
		document_facet(domain, market, language, source, source_name, collection_id, status)) stored,
	-- What lists sort by: documents without a date come after all others.
	published_order timestamptz not null generated always as (coalesce(published_at, '-infinity')) stored,
	-- The order of arrival.
	seq bigint not null generated always as identity,

	constraint documents_unique_canonical_url unique (canonical_url_hash)
);

-- One number for the values that lists filter by equality; see topic_facets.
create function topic_facet(domain text, market text, language text, source text, status text) returns bigint
language sql immutable parallel safe as $$
	select hashtextextended(status, hashtextextended(source, hashtextextended(language, hashtextextended(market, hashtextextended(domain, 0)))))
$$;

create table topics (
	id uuid primary key,
	title text not null check (char_length(title) between 3 and 500),
	-- The title folded for the duplicate rule: NFKC, case folded, white space collapsed. Made in Go (store.TitleKey).
	title_key text not null,
	description text,

	source text not null check (source in ('manual', 'rss', 'reddit', 'trends', 'autocomplete', 'news', 'competitor')),
	source_url text,
	discovered_at timestamptz not null default now(),

	domain text not null check (char_length(domain) between 1 and 100),
	market text not null check (char_length(market) between 1 and 64),
	language text not null check (char_length(language) between 2 and 8),
	intent text check (intent in ('informational', 'navigational', 'commercial', 'transactional')),

	-- Null until something has measured them.
	engagement_score integer,
	trending_score double precision,
	priority integer not null default 5 check (priority between 1 and 10),
	status text not null default 'discovered'
		check (status in ('discovered', 'validated', 'researched', 'drafted', 'published', 'archived')),

	research_report text,
	citations jsonb not null default '[]',
	competitors jsonb not null default '[]',
	content_gaps jsonb not null default '[]',
	keywords jsonb not null default '{}',
	word_count integer check (word_count >= 0),
	content_score double precision,
	hero_image_url text,
	supporting_images jsonb not null default '[]',

	-- Sync state: changing it moves neither updated_at nor revision's meaning for the sync (see set_updated_at).
	notion_id text unique,
	notion_synced_at timestamptz,

	-- Counts every change of the row; the ETag.
	revision bigint not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),

	search_vector tsvector not null generated always as (
		setweight(to_tsvector(search_config(language), search_text(title, 1000)), 'A') ||
		setweight(to_tsvector(search_config(language), search_text(coalesce(description, ''), 20000)), 'B') ||
		setweight(to_tsvector(search_config(language), search_text(coalesce(research_report, ''), 150000)), 'C')
	) stored,

	-- What ranking looks at: short, so that ranking a thousand candidates reads no long vectors.
	rank_vector tsvector not null generated always as (
		setweight(to_tsvector(search_config(language), search_text(title, 500)), 'A') ||
		setweight(to_tsvector(search_config(language), search_text(coalesce(description, ''), 300)), 'B')
	) stored,
	facet bigint not null generated always as (topic_facet(domain, market, language, source, status)) stored,
	-- What lists sort titles by; bounded, since an index row is.
	title_order text collate "C" not null generated always as (left(title_key, 100)) stored,
	-- The order of arrival.
	seq bigint not null generated always as identity,

	constraint topics_unique_title unique (market, language, title_key)
);

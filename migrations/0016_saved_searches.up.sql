-- Searches that somebody keeps. Each is a feed, too, for readers that know no header: their address holds a token.
create table saved_searches (
	id uuid primary key,
	name text not null check (char_length(name) between 1 and 100),
	query text not null check (char_length(query) between 1 and 500),
	-- What store.DocumentFilter is as JSON.
	filters jsonb not null default '{}',
	sort text not null,
	-- SHA-256 of the token, which has 256 random bits; null while the feed has none.
	feed_token_hash bytea check (octet_length(feed_token_hash) = 32),
	feed_token_created_at timestamptz,
	revision bigint not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
create index saved_searches_created on saved_searches (created_at desc, id desc);
create index saved_searches_name on saved_searches (lower(name), id);

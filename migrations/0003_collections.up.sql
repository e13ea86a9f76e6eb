create table collections (
	id uuid primary key,
	name text not null check (char_length(name) between 1 and 200),
	type text not null check (type in ('rss')),
	url text not null check (char_length(url) between 1 and 2048),

	domain text not null check (char_length(domain) between 1 and 100),
	market text not null check (char_length(market) between 1 and 64),
	-- Overrides what the feed says of its language; null believes the feed.
	language text check (char_length(language) between 2 and 8),
	enabled boolean not null default true,

	poll_interval_minutes integer not null default 60 check (poll_interval_minutes between 5 and 10080),
	last_polled_at timestamptz,
	last_success_at timestamptz,
	next_poll_at timestamptz not null default now(),

	success_count bigint not null default 0,
	failure_count bigint not null default 0,
	consecutive_failures integer not null default 0,
	health text not null generated always as (case
		when not enabled then 'paused'
		when last_polled_at is null then 'new'
		when consecutive_failures = 0 then 'healthy'
		when consecutive_failures < 5 then 'degraded'
		else 'failing'
	end) stored,
	documents_count bigint not null default 0,
	last_error_code text,
	last_error text,
	last_error_at timestamptz,

	-- Sent back byte for byte, hence text.
	etag text,
	last_modified text,

	revision bigint not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),

	constraint collections_unique_source unique (type, url, domain, market)
);

create index collections_due on collections (next_poll_at, id) where enabled;
create index collections_created on collections (created_at desc, id desc);
create index collections_name on collections (lower(name), id);
create index collections_next_poll on collections (next_poll_at, id);

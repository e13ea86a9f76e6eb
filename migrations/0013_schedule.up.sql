-- When a source is asked again, and why; where it has moved; what it has answered.
alter table collections
	add column adaptive_polling boolean not null default true,
	add column min_poll_interval_minutes integer not null default 15 check (min_poll_interval_minutes between 5 and 10080),
	add column max_poll_interval_minutes integer not null default 1440 check (max_poll_interval_minutes between 5 and 10080),
	add constraint collections_poll_intervals check (min_poll_interval_minutes <= max_poll_interval_minutes),
	-- How often it asks to be visited and how often it publishes; see store.Pace.
	add column pace jsonb not null default '{}',
	add column next_poll_reason text not null default 'it has just been added',
	-- The registrable domain that was last asked; see hosts.
	add column site text,
	-- Where permanent redirects lead, since when, how often in a row; and where it has moved from.
	add column moved_to text,
	add column moved_since timestamptz,
	add column moved_count integer not null default 0,
	add column moved_from text,
	-- A move that somebody has taken back is not made again.
	add column declined_move text,
	-- When the source said that it will not come back; such a collection is not enabled.
	add column gone_at timestamptz,
	drop column health;
alter table collections
	add column health text not null generated always as (case
		when gone_at is not null then 'gone'
		when not enabled then 'paused'
		when last_polled_at is null then 'new'
		when consecutive_failures = 0 then 'healthy'
		when consecutive_failures < 5 then 'degraded'
		else 'failing'
	end) stored;
create index collections_site on collections (site) where site is not null;
-- An interval that is not the default was chosen.
update collections set adaptive_polling = false where poll_interval_minutes <> 60;

-- One row per poll. Narrow and many: 100,000 feeds make 2.4 million a day at one poll an hour.
create table fetches (
	collection_id uuid not null references collections (id) on delete cascade,
	id uuid not null,
	started_at timestamptz not null,
	duration_ms integer not null,
	url text,
	final_url text,
	status integer,
	bytes bigint not null,
	etag_sent text,
	last_modified_sent text,
	outcome text not null,
	entries integer not null,
	entries_skipped integer not null,
	documents_added integer not null,
	documents_updated integer not null,
	documents_unchanged integer not null,
	fault text,
	error_code text,
	error_message text,
	next_poll_at timestamptz not null,
	next_poll_reason text not null,
	primary key (collection_id, id)
);
-- Rows come in the order of time.
create index fetches_started on fetches using brin (started_at) with (pages_per_range = 16);

-- What each site is asked for, by all processes together. A site is a registrable domain.
create table hosts (
	site text primary key,
	-- Set by hand; null takes the default.
	requests_per_second double precision check (requests_per_second > 0),
	-- When the next request may go out, and until when one is under way.
	next_request_at timestamptz not null default '-infinity',
	leased_until timestamptz not null default '-infinity',
	-- Nothing is asked before; the site's own wish, or set by hand.
	blocked_until timestamptz,
	blocked_reason text,
	-- Answers of "too many requests" since the last other one.
	refusals integer not null default 0,
	requests bigint not null default 0,
	failures bigint not null default 0,
	last_status integer,
	last_request_at timestamptz,
	revision bigint not null default 1
) with (fillfactor = 50);
create index hosts_blocked on hosts (blocked_until) where blocked_until is not null;

-- What stood among the results of a search at one time, and what its pages were like.
create table serp_snapshots (
	id uuid primary key,
	-- A job that runs twice leaves one snapshot.
	job_id bigint not null unique,
	query text not null check (char_length(query) between 1 and 300),
	query_key text not null,
	language text not null,
	market text not null,
	source text not null,
	results jsonb not null check (honest_figures(results)),
	analysis jsonb not null check (honest_figures(analysis)),
	difficulty jsonb not null check (honest_figures(difficulty)),
	created_at timestamptz not null default now()
);
create index serp_snapshots_created on serp_snapshots (created_at desc, id desc);
create index serp_snapshots_query on serp_snapshots (query_key, created_at desc, id desc);

-- How well a draft is made, and for which keyword; null in drafts that are older than this.
alter table drafts
	add column keyword text,
	add column content_score jsonb check (honest_figures(content_score));

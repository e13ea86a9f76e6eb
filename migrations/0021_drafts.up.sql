-- What was written on a topic: every version is kept.
create table drafts (
	id uuid primary key,
	topic_id uuid not null references topics (id) on delete cascade,
	version integer not null,
	-- The run whose claims it rests on; the draft that it was edited from.
	run_id uuid references research_runs (id) on delete set null,
	parent_id uuid references drafts (id) on delete set null,
	-- The job that made it; null where a person edited it.
	job_id bigint unique,
	title text not null check (char_length(title) between 3 and 500),
	meta_description text,
	language text not null,
	tone text not null,
	method text not null check (method in ('extractive', 'model')),
	edited boolean not null default false,
	outline jsonb not null,
	body_markdown text not null,
	word_count integer not null,
	target_words integer not null,
	-- Which sentences rest on which claims.
	sentences jsonb not null,
	citations jsonb not null,
	internal_links jsonb not null,
	hero_image_prompt text not null,
	dropped jsonb not null,
	created_at timestamptz not null default now(),
	unique (topic_id, version)
);

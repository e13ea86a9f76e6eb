-- How topics are scored: weights and parameters under a name. A change is a new version; old ones stay as they are.
create table scoring_profiles (
	name text not null check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
	version integer not null check (version > 0),
	-- What is scored by it: topics as they stand, or candidates for new ones.
	kind text not null check (kind in ('validation', 'discovery')),
	weights jsonb not null,
	parameters jsonb not null,
	-- Built in: it can be neither changed nor archived.
	fixed boolean not null default false,
	archived_at timestamptz,
	created_at timestamptz not null default now(),
	primary key (name, version)
);

insert into scoring_profiles (name, version, kind, weights, parameters, fixed) values
	('original', 1, 'validation', '{"relevance": 0.30, "diversity": 0.25, "freshness": 0.20, "volume": 0.15, "novelty": 0.10}',
		'{"threshold": 0.6, "half_life_days": 7, "full_diversity": 5, "assumed_volume": 0.5}', true),
	('burst', 1, 'discovery', '{"burst": 0.30, "breadth": 0.20, "cohesion": 0.20, "freshness": 0.10, "novelty": 0.10, "relevance": 0.10}',
		'{"threshold": 0.3, "half_life_days": 7, "full_diversity": 5}', true);

-- What a topic scored, with everything that the score was made of.
create table topic_scores (
	id uuid primary key,
	topic_id uuid not null references topics (id) on delete cascade,
	profile text not null,
	profile_version integer not null,
	score double precision not null check (score between 0 and 1),
	threshold double precision not null,
	passed boolean not null,
	parts jsonb not null,
	scored_at timestamptz not null default now(),
	foreign key (profile, profile_version) references scoring_profiles (name, version)
);
create index topic_scores_topic on topic_scores (topic_id, scored_at desc, id desc);

-- Which documents a topic was made of, and why.
create table topic_documents (
	topic_id uuid not null references topics (id) on delete cascade,
	document_id uuid not null references documents (id) on delete cascade,
	-- term, story, trend, suggestion or seed, and the words that say it.
	reason text not null check (reason in ('term', 'story', 'trend', 'suggestion', 'seed')),
	words text not null,
	added_at timestamptz not null default now(),
	primary key (topic_id, document_id)
);
create index topic_documents_document on topic_documents (document_id);

-- Discoveries that run by the clock.
create table discovery_schedules (
	id uuid primary key,
	name text not null check (char_length(name) between 1 and 200),
	request jsonb not null,
	every_hours integer not null check (every_hours between 1 and 744),
	enabled boolean not null default true,
	next_run_at timestamptz not null default now(),
	revision bigint not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
create index discovery_schedules_due on discovery_schedules (next_run_at) where enabled;

-- Discoveries that have run.
create table discoveries (
	id uuid primary key,
	job_id bigint not null unique,
	schedule_id uuid references discovery_schedules (id) on delete set null,
	request jsonb not null,
	report jsonb not null,
	created_at timestamptz not null default now()
);
create index discoveries_created on discoveries (created_at desc, id desc);
create index discoveries_schedule on discoveries (schedule_id, created_at desc);

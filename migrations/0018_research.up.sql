-- A run of research: a question, what may be spent on it, and what came of it.
create table research_runs (
	id uuid primary key,
	topic_id uuid references topics (id) on delete cascade,
	-- The queue's; a run has one job, which may be tried again.
	job_id bigint not null,
	question text not null check (char_length(question) between 3 and 1000),
	-- The question folded, so that the same one is not bought twice: see store.QuestionKey.
	question_key text not null,
	market text not null default '' check (char_length(market) <= 64),
	language text not null check (char_length(language) between 2 and 8),
	-- The language of the report.
	output_language text not null check (char_length(output_language) between 2 and 8),
	depth text not null check (depth in ('quick', 'balanced', 'deep')),
	scope text not null check (scope in ('archive', 'all')),
	domain text not null default '' check (char_length(domain) <= 100),
	max_cost_micros bigint check (max_cost_micros >= 0),
	max_seconds integer not null check (max_seconds > 0),
	max_requests integer not null check (max_requests >= 0),
	repeat_lost_calls boolean not null,
	-- For how long the attempts have worked, in milliseconds: what stands still costs no time.
	worked_ms bigint not null default 0,

	status text not null default 'queued' check (status in ('queued', 'running', 'complete', 'partial', 'failed', 'cancelled')),
	-- Who wrote the report: nobody but the sources themselves, or a model.
	method text check (method in ('extractive', 'model')),
	answered boolean,
	report text,
	-- The questions that were looked into, and those of them that no source answered.
	questions jsonb not null default '[]',
	open_questions jsonb not null default '[]',
	shortfalls jsonb not null default '[]',
	dropped jsonb not null default '[]',
	disagreements jsonb not null default '[]',
	error text,
	revision bigint not null default 1,
	created_at timestamptz not null default now(),
	started_at timestamptz,
	finished_at timestamptz
);
create index research_runs_created on research_runs (created_at desc, id desc);
create index research_runs_topic on research_runs (topic_id, created_at desc, id desc);
create index research_runs_question on research_runs (question_key, market, output_language, created_at desc);
create unique index research_runs_job on research_runs (job_id);

-- What a run has done. A step that is done is never done again.
create table research_steps (
	run_id uuid not null references research_runs (id) on delete cascade,
	key text not null,
	stage text not null check (stage in ('plan', 'search', 'fetch', 'extract', 'fuse', 'rerank', 'write', 'check')),
	message text not null,
	state text not null check (state in ('running', 'done', 'failed')),
	input jsonb,
	output jsonb,
	error text,
	seq bigint not null generated always as identity,
	started_at timestamptz not null default now(),
	finished_at timestamptz,
	primary key (run_id, key)
);

-- Texts as they were when they were read: what citations point into.
create table snapshots (
	id uuid primary key,
	url text not null,
	canonical_url text not null,
	title text not null,
	-- The SHA-256 of the text, in lower-case hex.
	hash text not null check (char_length(hash) = 64),
	text text not null,
	language text not null,
	-- The document of the archive that the text was taken from.
	document_id uuid references documents (id) on delete set null,
	published_at timestamptz,
	fetched_at timestamptz not null,
	unique (canonical_url, hash)
);

-- The sources of a run, the best first: read, or why not.
create table research_sources (
	run_id uuid not null references research_runs (id) on delete cascade,
	position integer not null,
	url text not null,
	title text not null,
	found_by text[] not null,
	score double precision,
	parts jsonb not null default '[]',
	snapshot_id uuid references snapshots (id),
	-- The position of the source whose text this one repeats; such sources count once.
	copy_of integer,
	error jsonb,
	primary key (run_id, position)
);
create index research_sources_snapshot on research_sources (snapshot_id);

-- A sentence of a report, the words of a source that it rests on, and whether they bear it.
create table claims (
	id uuid primary key,
	run_id uuid not null references research_runs (id) on delete cascade,
	topic_id uuid references topics (id) on delete cascade,
	position integer not null,
	section text not null,
	sentence text not null,
	-- The number of the source in the report.
	source integer not null,
	snapshot_id uuid references snapshots (id),
	quote text not null,
	-- In characters of the snapshot's text; the end is exclusive.
	quote_start integer not null,
	quote_end integer not null,
	verdict text not null check (verdict in ('supported', 'partly', 'not_supported', 'unreachable')),
	judged_by text not null,
	reason text not null,
	-- How many sources say so that have not copied each other.
	independent_sources integer not null,
	unique (run_id, position),
	check (quote_end >= quote_start)
);
create index claims_topic on claims (topic_id);
create index claims_snapshot on claims (snapshot_id);

-- Every request to an outside service that may cost something.
create table calls (
	id uuid primary key,
	job_id bigint not null,
	run_id uuid references research_runs (id) on delete set null,
	topic_id uuid references topics (id) on delete set null,
	provider text not null,
	model text not null,
	operation text not null,
	-- The SHA-256 of provider, model, operation and request.
	fingerprint bytea not null,
	-- Reserved: made, and not answered yet. Lost: its process died before it was.
	state text not null check (state in ('reserved', 'answered', 'failed', 'lost')),
	-- Which start of the job made it.
	attempt uuid not null,
	-- Micro-dollars; null is not known. Most is what was reserved.
	most_micros bigint check (most_micros >= 0),
	cost_micros bigint check (cost_micros >= 0),
	input_micros_per_million bigint,
	output_micros_per_million bigint,
	micros_per_request bigint,
	input_tokens integer,
	output_tokens integer,
	reply bytea,
	error text,
	made_at timestamptz not null default now(),
	settled_at timestamptz
);
-- An answer is bought once.
create unique index calls_once on calls (job_id, fingerprint) where state in ('reserved', 'answered');
create index calls_made on calls (made_at desc, id desc);
create index calls_run on calls (run_id);
create index calls_topic on calls (topic_id);

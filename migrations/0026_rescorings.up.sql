-- Many topics scored anew by one profile, so that what that changes can be seen.
create table rescorings (
	id uuid primary key,
	-- A job that runs twice works on one.
	job_id bigint not null unique,
	request jsonb not null,
	profile text not null,
	profile_version integer not null,
	-- Topics that were asked for and are not there.
	missing uuid[] not null,
	created_at timestamptz not null default now(),
	finished_at timestamptz,
	foreign key (profile, profile_version) references scoring_profiles (name, version)
);
create index rescorings_created on rescorings (created_at desc, id desc);

-- Its topics in the order of their turn; one without a new score has not had it yet.
create table rescored_topics (
	rescoring_id uuid not null references rescorings (id) on delete cascade,
	topic_id uuid not null references topics (id) on delete cascade,
	turn integer not null,
	-- The newest score that the topic had; null where it had none.
	before_id uuid references topic_scores (id),
	after_id uuid references topic_scores (id),
	-- What the new score was made of: the inputs of the score before, or what the archive has now.
	inputs text check (inputs in ('stored', 'archive')),
	primary key (rescoring_id, topic_id),
	check ((after_id is null) = (inputs is null))
);
create index rescored_topics_turn on rescored_topics (rescoring_id, turn) where after_id is null;
create index rescored_topics_topic on rescored_topics (topic_id);
create index rescored_topics_before on rescored_topics (before_id);
create index rescored_topics_after on rescored_topics (after_id);

-- What has not been processed yet, in the order of arrival.
create index documents_new on documents (seq) where status = 'new';

-- What a document is found by; see collect/signature.go and collect/story.go.
create table document_signatures (
	document_id uuid primary key references documents (id) on delete cascade,
	-- The document's own, so that the narrow indexes below need no uuid.
	seq bigint not null unique,
	sketch bigint[] not null,
	terms bigint[] not null,
	happened_at timestamptz not null
);

-- Which documents have a hash in their sketch. Copies of a document that is here already add only what it does not have, so
-- that the length of a list says in how many different texts a passage stands.
create table document_shingles (
	hash bigint not null,
	seq bigint not null,
	primary key (hash, seq)
);

-- Which documents of some days have a term.
create table story_terms (
	term bigint not null,
	happened_at timestamptz not null,
	seq bigint not null,
	primary key (term, happened_at, seq)
);

-- Documents with the same text, or nearly. The arrays are those of the members, for filters.
create table duplicate_clusters (
	id uuid primary key,
	kind text not null default 'near' check (kind in ('exact', 'near')),
	size integer not null default 0,
	domains text[] not null default '{}',
	markets text[] not null default '{}',
	languages text[] not null default '{}',
	collection_ids uuid[] not null default '{}',
	created_at timestamptz not null default now(),
	-- When a document last joined or left.
	updated_at timestamptz not null default now()
);
create index duplicate_clusters_updated on duplicate_clusters (updated_at desc, id desc);
create index duplicate_clusters_size on duplicate_clusters (size desc, id desc);
create index duplicate_clusters_filters on duplicate_clusters using gin (domains, markets, languages, collection_ids);

create table duplicates (
	document_id uuid primary key references documents (id) on delete cascade,
	cluster_id uuid not null references duplicate_clusters (id) on delete cascade,
	-- The member that it was found to be a copy of; null for the first.
	matched_id uuid references documents (id) on delete set null,
	similarity double precision not null check (similarity between 0 and 1)
);
create index duplicates_cluster on duplicates (cluster_id);
create index duplicates_matched on duplicates (matched_id);

-- Documents of different publishers about one event.
create table stories (
	id uuid primary key,
	-- The title of the document that most others were matched with.
	title text not null default '',
	size integer not null default 0,
	sources text[] not null default '{}',
	source_count integer not null generated always as (cardinality(sources)) stored,
	domains text[] not null default '{}',
	markets text[] not null default '{}',
	languages text[] not null default '{}',
	-- The span of its documents' times of publication (of fetching, where that is unknown).
	first_at timestamptz not null default now(),
	last_at timestamptz not null default now(),
	revision bigint not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now()
);
create index stories_last on stories (last_at desc, id desc);
create index stories_size on stories (size desc, id desc);
create index stories_filters on stories using gin (domains, markets, languages);

create table story_documents (
	document_id uuid primary key references documents (id) on delete cascade,
	story_id uuid not null references stories (id) on delete cascade,
	-- The registrable domain that published it.
	publisher text not null,
	matched_id uuid references documents (id) on delete set null,
	similarity double precision not null check (similarity between 0 and 1),
	-- What it has in common with the document it was matched with.
	shared_terms text[] not null
);
create index story_documents_story on story_documents (story_id);
create index story_documents_matched on story_documents (matched_id);

create table story_disagreements (
	story_id uuid not null references stories (id) on delete cascade,
	position integer not null,
	kind text not null check (kind in ('number', 'date', 'name')),
	subject text not null,
	left_document_id uuid not null references documents (id) on delete cascade,
	left_value text not null,
	left_quote text not null,
	right_document_id uuid not null references documents (id) on delete cascade,
	right_value text not null,
	right_quote text not null,
	primary key (story_id, position)
);
create index story_disagreements_left on story_disagreements (left_document_id);
create index story_disagreements_right on story_disagreements (right_document_id);

-- What processing has found a document to be about; see annotate/.
create table document_annotations (
	document_id uuid primary key references documents (id) on delete cascade,
	keywords jsonb not null,
	entities jsonb not null
);

-- A keyphrase or a name in all its forms. The id is made from the kind and the stems or the name, so that writers need not
-- ask for it; its last three bits are the kind, see store/keywords.go.
create table terms (
	id bigint primary key,
	kind text not null check (kind in ('keyphrase', 'person', 'organisation', 'place', 'product')),
	-- The form that came first.
	text text not null
);

-- Which terms a document has: one narrow row, so that a window of time is counted by reading these alone.
create table document_terms (
	document_id uuid primary key references documents (id) on delete cascade,
	happened_at timestamptz not null,
	domain text not null,
	market text not null,
	language text not null,
	terms bigint[] not null
);
create index document_terms_happened on document_terms (happened_at desc, document_id desc);
-- Which documents have a term. Their words wait in a list and are put into the index together.
create index document_terms_terms on document_terms using gin (terms) with (fastupdate = on, gin_pending_list_limit = 1024);

-- Folders of collections, as OPML has them: "Tech/Go" is Go inside of Tech.
alter table collections
	add column category text check (char_length(category) between 1 and 200);

-- OPML documents whose import has not finished. What a batch has brought is counted in its transaction, so
-- that an import which was killed goes on where it was.
create table opml_imports (
	id uuid primary key,
	document bytea not null,
	content_type text not null,
	-- How many outlines have been dealt with, and what came of them (see store.ImportReport).
	done integer not null default 0,
	report jsonb not null,
	created_at timestamptz not null default now()
);
create index opml_imports_created on opml_imports (created_at);

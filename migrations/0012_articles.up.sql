-- Article text: what the feed leaves out is read from the page itself.
alter table documents
	add column content_markdown text,
	-- Null where there is no text.
	add column word_count integer check (word_count >= 0),
	add column image_url text,
	-- Where the content stands: in the feed or on the page.
	add column content_from text not null default 'feed' check (content_from in ('feed', 'page')),
	-- {"code", "message"} of why the page could not be had; null if it was had or never asked for.
	add column page_error jsonb,
	add column page_fetched_at timestamptz,
	-- The hash of what the feed said last, where that is not what is kept; by it a poll knows what is new to it.
	add column feed_hash text check (feed_hash ~ '^[0-9a-f]{64}$');

alter table collections
	add column fetch_articles text not null default 'auto' check (fetch_articles in ('auto', 'always', 'never'));

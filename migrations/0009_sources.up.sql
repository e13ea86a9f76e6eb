-- Sources of every kind: what is asked for is an address, or a few settings (see store.SourceConfig).
alter table collections
	drop constraint collections_type_check,
	add constraint collections_type_check check (type in ('rss', 'reddit', 'trends', 'autocomplete', 'news')),
	alter column url drop not null,
	add column config jsonb not null default '{}',
	add constraint collections_address check ((type = 'rss') = (url is not null)),
	drop constraint collections_unique_source;
-- The text of jsonb has one spelling per value.
create unique index collections_unique_source on collections (type, coalesce(url, ''), md5(config::text), domain, market);

alter table documents
	drop constraint documents_source_check,
	add constraint documents_source_check check (source in ('rss', 'reddit', 'trends', 'autocomplete', 'news'));

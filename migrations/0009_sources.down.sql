-- What only the newer schema can hold goes.
delete from documents where source <> 'rss';
delete from collections where type <> 'rss';
alter table documents
	drop constraint documents_source_check,
	add constraint documents_source_check check (source in ('rss'));
drop index collections_unique_source;
alter table collections
	drop constraint collections_address,
	drop column config,
	alter column url set not null,
	drop constraint collections_type_check,
	add constraint collections_type_check check (type in ('rss')),
	add constraint collections_unique_source unique (type, url, domain, market);

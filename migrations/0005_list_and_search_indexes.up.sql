-- Every combination of filter values that a topic has or had. Lists turn their filters into facets
-- first: an impossible combination costs nothing, and correlated values (a domain has one market) need
-- no statistics. Rows are only added; one that no topic has any more does no harm. There is no unique
-- constraint on purpose: writers would wait for each other, and deadlock. Twins are harmless.
create table topic_facets (
	domain text not null,
	market text not null,
	language text not null,
	source text not null,
	status text not null,
	facet bigint not null generated always as (topic_facet(domain, market, language, source, status)) stored
);
create index topic_facets_facet on topic_facets (facet);
create index topic_facets_language on topic_facets (language);
create index topic_facets_domain on topic_facets (domain);

create function keep_topic_facets() returns trigger
language plpgsql as $$
begin
	insert into topic_facets (domain, market, language, source, status)
	select distinct domain, market, language, source, status
	from changed
	where not exists (select from topic_facets where topic_facets.facet = changed.facet);
	return null;
end
$$;
create trigger keep_topic_facets_insert after insert on topics
	referencing new table as changed for each statement execute function keep_topic_facets();
create trigger keep_topic_facets_update after update on topics
	referencing new table as changed for each statement execute function keep_topic_facets();

create table document_facets (
	domain text not null,
	market text not null,
	language text not null,
	source text not null,
	source_name text not null,
	collection_id uuid,
	status text not null,
	facet bigint not null generated always as (
		document_facet(domain, market, language, source, source_name, collection_id, status)) stored
);
create index document_facets_facet on document_facets (facet);
create index document_facets_language on document_facets (language);
create index document_facets_domain on document_facets (domain);

create function keep_document_facets() returns trigger
language plpgsql as $$
begin
	insert into document_facets (domain, market, language, source, source_name, collection_id, status)
	select distinct domain, market, language, source, source_name, collection_id, status
	from changed
	where not exists (select from document_facets where document_facets.facet = changed.facet);
	return null;
end
$$;
create trigger keep_document_facets_insert after insert on documents
	referencing new table as changed for each statement execute function keep_document_facets();
create trigger keep_document_facets_update after update on documents
	referencing new table as changed for each statement execute function keep_document_facets();

-- Walks: the order of a page, and the filters, without reading the table.
create index topics_discovered on topics (discovered_at desc, id desc) include (facet, priority);
create index topics_priority on topics (priority desc, discovered_at desc, id desc) include (facet);
create index topics_updated on topics (updated_at desc, id desc) include (facet, priority, discovered_at);
create index topics_title on topics (title_order, id) include (facet, priority, discovered_at);
create index documents_published on documents (published_order desc, id desc) include (facet, fetched_at);
create index documents_fetched on documents (fetched_at desc, id desc) include (facet, published_order);
-- The same within a facet.
create index topics_facet_discovered on topics (facet, discovered_at desc, id desc) include (priority);
create index topics_facet_priority on topics (facet, priority desc, discovered_at desc, id desc);
create index topics_facet_updated on topics (facet, updated_at desc, id desc) include (priority, discovered_at);
create index topics_facet_title on topics (facet, title_order, id) include (priority, discovered_at);
create index documents_facet_published on documents (facet, published_order desc, id desc) include (fetched_at);
create index documents_facet_fetched on documents (facet, fetched_at desc, id desc) include (published_order);
create index documents_collection on documents (collection_id);
-- A span of one column in the order of another where the two go together: the newest change among the
-- topics discovered last year lies behind a million newer ones.
create function list_month(moment timestamptz) returns integer
language sql immutable strict parallel safe as $$
	select case when isfinite(moment) then floor(date_part('epoch', moment at time zone 'UTC') / 2592000)::integer else -100000 end
$$;
create index topics_month_updated on topics (list_month(discovered_at), updated_at desc, id desc) include (facet, priority, discovered_at);
create index documents_month_published on documents (list_month(fetched_at), published_order desc, id desc) include (facet, fetched_at);
create index documents_month_fetched on documents (list_month(published_order), fetched_at desc, id desc) include (facet, published_order);

-- Search: the words and, as words that no text contains, the values of the filters, so that one scan
-- intersects them all. The functions that these call are bound as they are made (return, no text in quotes): an index is
-- also made, analysed and restored where public is in no search path.
create function topic_tags(
	domain text, market text, language text, source text, status text, priority integer, discovered_at timestamptz, seq bigint) returns tsvector
language sql immutable parallel safe
return array_to_tsvector(array[
	search_step(seq),
	search_tag('d', domain), search_tag('m', market), search_tag('l', language), search_tag('s', source), search_tag('t', status),
	search_tag('p', priority::text),
	search_local('d', domain, seq), search_local('m', market, seq), search_local('l', language, seq), search_local('s', source, seq),
	search_local('t', status, seq), search_local('p', priority::text, seq),
	search_month('a', discovered_at), search_year('a', discovered_at)]);
create function document_tags(
	domain text, market text, language text, source text, source_name text, collection_id uuid, status text,
	published_at timestamptz, fetched_at timestamptz, seq bigint) returns tsvector
language sql immutable parallel safe
return array_to_tsvector(array[
	search_step(seq),
	search_tag('d', domain), search_tag('m', market), search_tag('l', language), search_tag('s', source), search_tag('t', status),
	search_tag('n', source_name), search_tag('k', coalesce(collection_id::text, '')),
	search_local('d', domain, seq), search_local('m', market, seq), search_local('l', language, seq), search_local('s', source, seq),
	search_local('t', status, seq),
	search_month('a', published_at), search_year('a', published_at), search_month('b', fetched_at), search_year('b', fetched_at)]);
create index topics_search on topics
	using gin ((search_vector || topic_tags(domain, market, language, source, status, priority, discovered_at, seq)))
	with (fastupdate = off);
create index documents_search on documents
	using gin ((search_vector || document_tags(domain, market, language, source, source_name, collection_id, status, published_at, fetched_at, seq)))
	with (fastupdate = off);


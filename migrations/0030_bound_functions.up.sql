-- Databases of before migration 5 bound these functions: what they call is found where public is in no search path, too, as when
-- PostgreSQL analyses by itself, restores a dump, or, from 17 on, builds an index.
create or replace function topic_tags(
	domain text, market text, language text, source text, status text, priority integer, discovered_at timestamptz, seq bigint) returns tsvector
language sql immutable parallel safe
return array_to_tsvector(array[
	search_step(seq),
	search_tag('d', domain), search_tag('m', market), search_tag('l', language), search_tag('s', source), search_tag('t', status),
	search_tag('p', priority::text),
	search_local('d', domain, seq), search_local('m', market, seq), search_local('l', language, seq), search_local('s', source, seq),
	search_local('t', status, seq), search_local('p', priority::text, seq),
	search_month('a', discovered_at), search_year('a', discovered_at)]);
create or replace function document_tags(
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

drop index topics_search;
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
drop function topic_tags(text, text, text, text, text, integer, timestamptz, timestamptz, text, double precision, bigint);
create index topics_search on topics
	using gin ((search_vector || topic_tags(domain, market, language, source, status, priority, discovered_at, seq)))
	with (fastupdate = off);
alter table topics drop column score_order, drop column score, drop column score_profile;

-- What a topic scored last is kept with it, so that lists can be sorted by it; and which profile gave it, as in burst@1.
alter table topics
	add column score double precision check (score between 0 and 1),
	add column score_profile text,
	add column score_order double precision not null generated always as (coalesce(score, -1)) stored,
	add constraint topics_score_profile check ((score is null) = (score_profile is null));
update topics
set score = s.score, score_profile = s.profile || '@' || s.profile_version
from (select distinct on (topic_id) * from topic_scores order by topic_id, scored_at desc, id desc) s
where topics.id = s.topic_id;
create index topics_score on topics (score_order desc, discovered_at desc, id desc) include (facet, priority);
create index topics_facet_score on topics (facet, score_order desc, discovered_at desc, id desc) include (priority);

-- A search in the order of titles, scores or changes reads a part of that order at a time, as one by date does: the index knows
-- the beginning of each title, the tenth of each score and the month of each change, too. A change of a topic writes its index
-- entries anew in any case.
drop index topics_search;
create function topic_tags(
	domain text, market text, language text, source text, status text, priority integer, discovered_at timestamptz,
	updated_at timestamptz, title_order text, score_order double precision, seq bigint) returns tsvector
language sql immutable parallel safe
return array_to_tsvector(array[
	search_step(seq),
	search_tag('d', domain), search_tag('m', market), search_tag('l', language), search_tag('s', source), search_tag('t', status),
	search_tag('p', priority::text), search_tag('i', left(title_order, 3)),
	search_tag('c', greatest(floor(score_order * 10), -1)::integer::text),
	search_local('d', domain, seq), search_local('m', market, seq), search_local('l', language, seq), search_local('s', source, seq),
	search_local('t', status, seq), search_local('p', priority::text, seq),
	search_month('a', discovered_at), search_year('a', discovered_at), search_month('u', updated_at), search_year('u', updated_at)]);
drop function topic_tags(text, text, text, text, text, integer, timestamptz, bigint);
create index topics_search on topics
	using gin ((search_vector || topic_tags(domain, market, language, source, status, priority, discovered_at, updated_at, title_order, score_order, seq)))
	with (fastupdate = off);

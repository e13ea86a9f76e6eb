-- An archive as full as some get: psql -v many=100000 -f many.sql. Titles are of real words, so that searches find shares of it.
\set ON_ERROR_STOP on
\set QUIET on
create temporary table words as
	select array['heat', 'pump', 'solar', 'energy', 'market', 'city', 'budget', 'school', 'traffic', 'wind', 'water', 'storage',
		'grid', 'house', 'boiler', 'price', 'subsidy', 'council', 'railway', 'harbour', 'bridge', 'hospital', 'library', 'garden',
		'forest', 'museum', 'battery', 'hydrogen', 'insulation', 'radiator', 'warranty', 'noise'] as w;

insert into documents (id, title, summary, content_text, content, url, canonical_url, canonical_url_hash, source, source_name, domain, market,
	language, content_hash, published_at, fetched_at, status, processed_at, word_count)
select gen_random_uuid(), title, summary, summary || ' ' || summary, summary, url, url, sha256(url::bytea), 'rss', 'News ' || n % 200,
	(array['energy', 'culture', 'traffic', 'health'])[1 + n % 4], (array['gb', 'de', 'us'])[1 + n % 3], 'en',
	encode(sha256(('text ' || n)::bytea), 'hex'), now() - n * interval '5 minutes', now() - n * interval '5 minutes', 'processed', now(), 300
from words, generate_series(1, :many) n,
	lateral (select 'https://news' || n % 200 || '.example/articles/' || n as url,
		initcap(w[1 + n % 32] || ' ' || w[1 + n / 32 % 32]) || ' ' || w[1 + n / 7 % 32] || ' of Elmford, report ' || n as title,
		repeat('The ' || w[1 + n % 32] || ' and the ' || w[1 + n / 5 % 32] || ' were discussed by the council of Elmford. ', 4) as summary) made;

insert into topics (id, title, title_key, description, source, discovered_at, domain, market, language, trending_score, priority, status)
select gen_random_uuid(), title, lower(title), 'What the town says of the ' || w[1 + n / 3 % 32] || '.',
	(array['rss', 'news', 'trends', 'manual'])[1 + n % 4], now() - n * interval '5 minutes',
	(array['energy', 'culture', 'traffic', 'health'])[1 + n % 4], (array['gb', 'de', 'us'])[1 + n % 3], 'en', (n % 100) / 100.0, 1 + n % 10,
	(array['discovered', 'discovered', 'validated', 'researched', 'drafted', 'published'])[1 + n % 6]
from words, generate_series(1, :many) n,
	lateral (select initcap(w[1 + n % 32]) || ' and ' || w[1 + n / 32 % 32] || ' in Elmford, part ' || n as title) made;

analyze;

-- Only the feed's own words are kept from now on, so that documents whose text came from their page are
-- brought up to date when their feed says something new.
delete from river_job where kind = 'article';
alter table collections drop column fetch_articles;
alter table documents
	drop column feed_hash,
	drop column page_fetched_at,
	drop column page_error,
	drop column content_from,
	drop column image_url,
	drop column word_count,
	drop column content_markdown;

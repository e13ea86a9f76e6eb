-- Where there are few documents, a single article is a topic.
alter table topic_documents
	drop constraint topic_documents_reason_check,
	add constraint topic_documents_reason_check check (reason in ('term', 'story', 'trend', 'suggestion', 'seed', 'model', 'article'));

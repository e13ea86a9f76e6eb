update topic_documents set reason = 'term' where reason = 'article';
alter table topic_documents
	drop constraint topic_documents_reason_check,
	add constraint topic_documents_reason_check check (reason in ('term', 'story', 'trend', 'suggestion', 'seed', 'model'));

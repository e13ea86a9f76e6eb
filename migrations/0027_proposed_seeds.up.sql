-- A document may be one of a topic because it speaks of a seed that a model proposed.
alter table topic_documents
	drop constraint topic_documents_reason_check,
	add constraint topic_documents_reason_check check (reason in ('term', 'story', 'trend', 'suggestion', 'seed', 'model'));

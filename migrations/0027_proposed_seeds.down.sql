update topic_documents set reason = 'seed' where reason = 'model';
alter table topic_documents
	drop constraint topic_documents_reason_check,
	add constraint topic_documents_reason_check check (reason in ('term', 'story', 'trend', 'suggestion', 'seed'));

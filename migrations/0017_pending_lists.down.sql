alter index documents_search set (fastupdate = off);
alter index documents_search reset (gin_pending_list_limit);
select gin_clean_pending_list('documents_search');

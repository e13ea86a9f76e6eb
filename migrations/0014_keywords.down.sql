drop table document_terms;
drop table terms;
drop table document_annotations;

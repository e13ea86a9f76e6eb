drop table documents;
drop function document_facet(text, text, text, text, text, uuid, text);

drop table topics;
drop function topic_facet(text, text, text, text, text);

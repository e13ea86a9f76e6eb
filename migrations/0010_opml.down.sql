drop table opml_imports;
alter table collections drop column category;

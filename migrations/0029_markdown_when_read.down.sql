-- Empty until the pages and feeds are read again.
alter table documents add column content_markdown text;

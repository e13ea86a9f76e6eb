-- Markdown is written from the HTML when a document is read: stored, it was a third copy of each text and a seventh of what a poll cost
-- the worker.
alter table documents drop column content_markdown;

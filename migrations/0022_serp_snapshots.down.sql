alter table drafts
	drop column content_score,
	drop column keyword;
drop table serp_snapshots;

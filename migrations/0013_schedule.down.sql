drop table hosts;
drop table fetches;
drop index collections_site;
alter table collections
	drop column health,
	drop column gone_at,
	drop column declined_move,
	drop column moved_from,
	drop column moved_count,
	drop column moved_since,
	drop column moved_to,
	drop column site,
	drop column next_poll_reason,
	drop column pace,
	drop column max_poll_interval_minutes,
	drop column min_poll_interval_minutes,
	drop column adaptive_polling;
alter table collections
	add column health text not null generated always as (case
		when not enabled then 'paused'
		when last_polled_at is null then 'new'
		when consecutive_failures = 0 then 'healthy'
		when consecutive_failures < 5 then 'degraded'
		else 'failing'
	end) stored;

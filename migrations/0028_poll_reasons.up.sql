-- Why a poll is due is kept as steps (see store.PollReason), of which the sentence is made. Rows of before keep their sentence
-- as a step in words, unless it was of one step alone.
create function poll_steps(sentence text) returns jsonb language sql immutable as $$
	select case sentence
		when 'it has just been added' then '[{"code": "added"}]'
		when 'its settings were changed' then '[{"code": "settings_changed"}]'
		when 'its interval was changed' then '[{"code": "interval_changed"}]'
		when 'the budget of its site, which others share, is used up' then '[{"code": "host_budget"}]'
		when 'no site answers, so the fault seems to be on our side; it is not counted' then '[{"code": "network_down"}]'
		else jsonb_build_array(jsonb_build_object('code', 'other', 'words', sentence))
	end
$$;
alter table collections
	alter column next_poll_reason drop default,
	alter column next_poll_reason type jsonb using poll_steps(next_poll_reason),
	alter column next_poll_reason set default '[{"code": "added"}]',
	add constraint collections_next_poll_reason check (jsonb_typeof(next_poll_reason) = 'array');
alter table fetches
	alter column next_poll_reason type jsonb using poll_steps(next_poll_reason),
	add constraint fetches_next_poll_reason check (jsonb_typeof(next_poll_reason) = 'array');
drop function poll_steps;

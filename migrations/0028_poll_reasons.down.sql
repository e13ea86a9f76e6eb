-- The steps in plain words; the next poll writes a sentence again.
create function poll_sentence(steps jsonb) returns text language sql immutable as $$
	select coalesce(string_agg(
		coalesce(step ->> 'words', replace(step ->> 'code', '_', ' ')) || coalesce(' (' || (step ->> 'seconds') || ' s)', ''), ', ' order by place), '')
	from jsonb_array_elements(steps) with ordinality as steps (step, place)
$$;
alter table fetches
	drop constraint fetches_next_poll_reason,
	alter column next_poll_reason type text using poll_sentence(next_poll_reason);
alter table collections
	drop constraint collections_next_poll_reason,
	alter column next_poll_reason drop default,
	alter column next_poll_reason type text using poll_sentence(next_poll_reason),
	alter column next_poll_reason set default 'it has just been added';
drop function poll_sentence;

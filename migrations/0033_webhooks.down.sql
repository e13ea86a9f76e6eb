create or replace function emit_job_event() returns trigger
language plpgsql as $$
begin
	if new.kind in ('sweep', 'tidy') or 'scheduled' = any (new.tags) then
		return null;
	end if;
	if tg_op = 'UPDATE' and job_state(old.state, old.metadata) = job_state(new.state, new.metadata) then
		return null;
	end if;
	perform emit_event('job.' || job_state(new.state, new.metadata), new.id, jsonb_build_object(
		'job_id', new.id::text,
		'kind', new.kind,
		'state', job_state(new.state, new.metadata),
		'attempt', new.attempt,
		'error', new.errors[array_upper(new.errors, 1)] ->> 'error',
		'result', new.metadata -> 'output'));
	return null;
end
$$;
drop table webhook_deliveries;
drop table webhooks;

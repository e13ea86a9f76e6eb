-- What happened, for live streams. The id that clients see is xid-seq: a reader takes only events whose
-- transaction is older than every running one, so none can appear behind the point it has reached.
create table events (
	xid bigint not null default pg_current_xact_id()::text::bigint,
	seq bigint generated always as identity,
	type text not null,
	job_id bigint,
	data jsonb not null,
	occurred_at timestamptz not null default clock_timestamp(),
	primary key (xid, seq)
);
create index events_of_job on events (job_id, xid, seq) where job_id is not null;
create index events_occurred on events (occurred_at);

create function emit_event(type text, job_id bigint, data jsonb) returns void
language sql as $$
	insert into events (type, job_id, data) values (type, job_id, data);
	select pg_notify('content_creator', 'events');
$$;

create table job_progress (
	job_id bigint primary key references river_job (id) on delete cascade,
	percent integer not null check (percent between 0 and 100),
	stage text not null,
	message text not null
);

-- The state of a job as the API names it. The queue calls a job cancelled, too, whose worker said that
-- trying again is pointless: that one has failed.
create function job_state(state river_job_state, metadata jsonb) returns text
language sql immutable strict parallel safe as $$
	select case state
		when 'running' then 'running'
		when 'completed' then 'succeeded'
		when 'discarded' then 'failed'
		when 'cancelled' then case when metadata ? 'cancel_attempted_at' then 'cancelled' else 'failed' end
		else 'queued'
	end
$$;

-- A job's change and the event that tells of it are one transaction, whoever changes the job.
-- Polls by schedule are tagged so and stay silent: at thirty a second they would drown the rest.
create function emit_job_event() returns trigger
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
create trigger emit_job_event after insert or update of state on river_job
	for each row execute function emit_job_event();

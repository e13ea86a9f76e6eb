-- Addresses that are told of events. See store/webhooks.go for what the columns promise.
create table webhooks (
	id uuid primary key,
	url text not null check (char_length(url) between 1 and 2000),
	description text not null check (char_length(description) <= 500),
	-- Null is every type.
	event_types text[] check (cardinality(event_types) > 0),
	enabled boolean not null,
	-- Signing needs the secret itself, so that a hash would not do. Whoever reads the database reads it.
	secret text not null,
	-- The secret before a rotation, which also signs until its time has come.
	previous_secret text,
	previous_secret_until timestamptz,
	-- Every event up to here has its delivery, if it is to have one.
	position_xid bigint not null,
	position_seq bigint not null,
	-- What had happened before it began to be told: some of that may stand behind its first position.
	since pg_snapshot not null,
	-- How many times in a row calls have failed, those at once counting as one, since when, and until when the receiver is left alone.
	failures integer not null default 0,
	failing_since timestamptz,
	resting_until timestamptz not null default '-infinity',
	-- Why the server itself has disabled it; null where it has not.
	disabled_reason text check (disabled_reason in ('gone', 'failing')),
	disabled_at timestamptz,
	revision bigint not null default 1,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	check ((previous_secret is null) = (previous_secret_until is null)),
	check ((disabled_reason is null) = (disabled_at is null))
) with (fillfactor = 70);
create index webhooks_created on webhooks (created_at desc, id desc);

-- Each is one event for one webhook: what is to be sent, and what came of every attempt.
create table webhook_deliveries (
	id uuid primary key,
	webhook_id uuid not null references webhooks (id) on delete cascade,
	-- The receiver's webhook-id: the same in every attempt and replay.
	message_id text not null,
	event_type text not null,
	-- The event it tells of; null where it is a test.
	event_xid bigint,
	event_seq bigint,
	-- The delivery that this one repeats.
	replay_of uuid references webhook_deliveries (id) on delete set null,
	-- The bytes that are sent and signed, the same in every attempt.
	body text not null,
	state text not null check (state in ('pending', 'succeeded', 'failed')),
	-- What store.WebhookAttempt is as JSON, the oldest first.
	attempts jsonb not null default '[]',
	-- Null once nothing more is tried.
	next_attempt_at timestamptz,
	created_at timestamptz not null default now(),
	finished_at timestamptz,
	check ((state = 'pending') = (next_attempt_at is not null)),
	check ((state = 'pending') = (finished_at is null))
) with (fillfactor = 70);
-- No event is delivered twice to one webhook unless somebody asks for a replay.
create unique index webhook_deliveries_once on webhook_deliveries (webhook_id, event_xid, event_seq)
	where replay_of is null and event_xid is not null;
create index webhook_deliveries_of on webhook_deliveries (webhook_id, id desc);
create index webhook_deliveries_of_state on webhook_deliveries (webhook_id, state, id desc);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_attempt_at, id) where state = 'pending';
create index webhook_deliveries_finished on webhook_deliveries (finished_at) where state <> 'pending';
create index webhook_deliveries_replay on webhook_deliveries (replay_of) where replay_of is not null;

-- Webhooks follow events: their own jobs must be none, or each would bring the next.
create or replace function emit_job_event() returns trigger
language plpgsql as $$
begin
	if new.kind in ('sweep', 'tidy', 'webhook') or 'scheduled' = any (new.tags) then
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

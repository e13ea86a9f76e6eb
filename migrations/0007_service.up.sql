create table api_keys (
	id uuid primary key,
	name text not null check (char_length(name) between 1 and 100),
	-- SHA-256 of the key; the key itself has 256 random bits, so no salt or slow hash is needed.
	key_hash bytea not null unique check (octet_length(key_hash) = 32),
	prefix text not null,
	scopes text[] not null check (cardinality(scopes) > 0 and scopes <@ array['read', 'write', 'admin']),
	-- Where it came from: 'environment' is ADMIN_API_KEY, 'first_start' the one made when there was none.
	origin text not null check (origin in ('api', 'command', 'environment', 'first_start')),
	expires_at timestamptz,
	last_used_at timestamptz,
	created_at timestamptz not null default now()
);
create index api_keys_created on api_keys (created_at desc, id desc);
create unique index api_keys_one_from_environment on api_keys (origin) where origin = 'environment';

-- One row: what is changed while running. Null takes the environment's value.
create table settings (
	id boolean primary key default true check (id),
	polling_enabled boolean not null default true,
	rate_limit double precision check (rate_limit >= 0),
	log_level text check (log_level in ('debug', 'info', 'warn', 'error')),
	revision bigint not null default 1,
	updated_at timestamptz
);
insert into settings default values;

-- First answers to POSTs with an Idempotency-Key, kept for a day.
create table idempotency_keys (
	api_key_id uuid not null references api_keys (id) on delete cascade,
	key text not null,
	-- SHA-256 of method, path and body.
	request_hash bytea not null,
	status integer not null,
	headers jsonb not null,
	body bytea not null,
	created_at timestamptz not null default now(),
	primary key (api_key_id, key)
);
create index idempotency_keys_created on idempotency_keys (created_at);

-- Addresses of deleted documents, so that the next poll does not bring them back.
create table deleted_documents (
	canonical_url_hash bytea primary key,
	deleted_at timestamptz not null default now()
);

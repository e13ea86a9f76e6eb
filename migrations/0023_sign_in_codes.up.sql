-- Codes that sign somebody in once. One that was used is gone; one that has expired works no more.
create table sign_in_codes (
	hash bytea primary key,
	expires_at timestamptz not null
);

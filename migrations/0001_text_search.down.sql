drop function search_local(text, text, bigint);
drop function search_step(bigint);
drop function search_year(text, timestamptz);
drop function search_month(text, timestamptz);
drop function search_tag(text, text);
drop function search_text(text, integer);
drop function search_config(text);
do $$
declare
	name text;
begin
	for name in select cfgname from pg_ts_config where cfgnamespace = 'public'::regnamespace and cfgname like 'cc\_%' loop
		execute format('drop text search configuration public.%I', name);
	end loop;
	for name in select dictname from pg_ts_dict where dictnamespace = 'public'::regnamespace and dictname like 'cc\_%' loop
		execute format('drop text search dictionary public.%I', name);
	end loop;
end
$$;
drop extension btree_gin;
drop extension pg_trgm;
drop extension unaccent;

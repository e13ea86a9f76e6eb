-- Full-text search in each row's own language, accents folded.
create extension if not exists unaccent;
create extension if not exists pg_trgm;
create extension if not exists btree_gin;

-- One folded configuration per language that PostgreSQL can stem, named cc_<language>.
-- Stop words go first, before their accents are folded away ("für" is a stop word, "fur" is not);
-- then accents; then the stemmer.
do $$
declare
	lang text;
begin
	foreach lang in array array[
		'arabic', 'armenian', 'basque', 'catalan', 'danish', 'dutch', 'english', 'finnish', 'french', 'german', 'greek',
		'hindi', 'hungarian', 'indonesian', 'irish', 'italian', 'lithuanian', 'nepali', 'norwegian', 'portuguese',
		'romanian', 'russian', 'serbian', 'spanish', 'swedish', 'tamil', 'turkish', 'yiddish']
	loop
		execute format('create text search configuration cc_%1$s (copy = pg_catalog.%1$s)', lang);
		begin
			execute format('create text search dictionary cc_%1$s_stop (template = pg_catalog.simple, stopwords = %1$s, accept = false)', lang);
			execute format('alter text search configuration cc_%1$s alter mapping for hword, hword_part, word with cc_%1$s_stop, unaccent, %1$s_stem', lang);
		exception when config_file_error or undefined_file then
			-- PostgreSQL ships no stop word list for this language.
			execute format('alter text search configuration cc_%1$s alter mapping for hword, hword_part, word with unaccent, %1$s_stem', lang);
		end;
	end loop;
	create text search configuration cc_simple (copy = pg_catalog.simple);
	alter text search configuration cc_simple alter mapping for hword, hword_part, word with unaccent, simple;
end
$$;

-- The configuration for a BCP 47 language tag; cc_simple (no stemming) for the languages PostgreSQL has no stemmer for.
create function search_config(language text) returns regconfig
language sql immutable strict parallel safe as $$
	select case split_part(lower(language), '-', 1)
		when 'ar' then 'public.cc_arabic'::regconfig
		when 'hy' then 'public.cc_armenian'::regconfig
		when 'eu' then 'public.cc_basque'::regconfig
		when 'ca' then 'public.cc_catalan'::regconfig
		when 'da' then 'public.cc_danish'::regconfig
		when 'nl' then 'public.cc_dutch'::regconfig
		when 'en' then 'public.cc_english'::regconfig
		when 'fi' then 'public.cc_finnish'::regconfig
		when 'fr' then 'public.cc_french'::regconfig
		when 'de' then 'public.cc_german'::regconfig
		when 'el' then 'public.cc_greek'::regconfig
		when 'hi' then 'public.cc_hindi'::regconfig
		when 'hu' then 'public.cc_hungarian'::regconfig
		when 'id' then 'public.cc_indonesian'::regconfig
		when 'ga' then 'public.cc_irish'::regconfig
		when 'it' then 'public.cc_italian'::regconfig
		when 'lt' then 'public.cc_lithuanian'::regconfig
		when 'ne' then 'public.cc_nepali'::regconfig
		when 'no' then 'public.cc_norwegian'::regconfig
		when 'nb' then 'public.cc_norwegian'::regconfig
		when 'nn' then 'public.cc_norwegian'::regconfig
		when 'pt' then 'public.cc_portuguese'::regconfig
		when 'ro' then 'public.cc_romanian'::regconfig
		when 'ru' then 'public.cc_russian'::regconfig
		when 'sr' then 'public.cc_serbian'::regconfig
		when 'es' then 'public.cc_spanish'::regconfig
		when 'sv' then 'public.cc_swedish'::regconfig
		when 'ta' then 'public.cc_tamil'::regconfig
		when 'tr' then 'public.cc_turkish'::regconfig
		when 'yi' then 'public.cc_yiddish'::regconfig
		else 'public.cc_simple'::regconfig
	end
$$;

-- Text as the index and the query both see it: C++, C# and F# keep what tells them apart, and
-- the input is bounded so that the vector of a 5 MB document stays below PostgreSQL's 1 MB.
create function search_text(input text, max_chars integer) returns text
language sql immutable strict parallel safe as $$
	select regexp_replace(regexp_replace(left(input, max_chars),
		'\m([a-z])\+\+', '\1plusplus', 'gi'),
		'\m([a-z])#(?![[:alnum:]])', '\1sharp', 'gi')
$$;

-- Rows carry their filter values inside the search index as words that no text can contain: a control
-- character, a letter for the column, the value. One index scan then intersects text and filters.
create function search_tag(kind text, value text) returns text
language sql immutable strict parallel safe as $$
	select chr(1) || kind || left(value, 400)
$$;

-- A moment's month and year, so that a search can keep to a span of time inside the index.
create function search_month(kind text, moment timestamptz) returns text
language sql immutable parallel safe as $$
	select chr(1) || kind || 'm' || coalesce(to_char(moment at time zone 'UTC', 'YYYY-MM'), 'none')
$$;
create function search_year(kind text, moment timestamptz) returns text
language sql immutable parallel safe as $$
	select chr(1) || kind || 'y' || coalesce(to_char(moment at time zone 'UTC', 'YYYY'), 'none')
$$;

-- Rows in steps of 8,192 by their arrival, so that a search for common words can read the newest first; and
-- each value within a step: the index intersects at the cost of the rarest of what it is asked.
create function search_step(seq bigint) returns text
language sql immutable strict parallel safe as $$
	select chr(1) || '0' || (seq >> 13)
$$;
create function search_local(kind text, value text, seq bigint) returns text
language sql immutable strict parallel safe as $$
	select chr(1) || '1' || (seq >> 13) || kind || left(value, 400)
$$;

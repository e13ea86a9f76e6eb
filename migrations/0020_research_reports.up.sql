-- Whether every figure in a document says where it comes from, and none but measured ones stand where only such may: see
-- store/figures.go.
create function honest_figures(document jsonb) returns boolean
language sql immutable parallel safe as $$
	select not jsonb_path_exists(document, '$.** ? (@.type() == "object" && exists (@.method) && exists (@.value) && exists (@.unit)) ? (!(
			(@.value == null && @.method == null && @.source == null && @.measured_at == null)
			|| (@.value.type() == "number" && @.source.type() == "string" && @.measured_at.type() == "string"
				&& (@.method == "measured" || @.method == "derived" || @.method == "model"))))')
		and not jsonb_path_exists(document, '$.**.search_volume ? (@.type() == "object" && !(@.method == "measured" || (@.method == null && @.value == null)))')
		and not jsonb_path_exists(document, '$.**.cpc ? (@.type() == "object" && !(@.method == "measured" || (@.method == null && @.value == null)))')
		and not jsonb_path_exists(document, '$.**.competition ? (@.type() == "object" && !(@.method == "measured" || (@.method == null && @.value == null)))')
		and not jsonb_path_exists(document, '$.**.approx_traffic ? (@.type() == "object" && !(@.method == "measured" || (@.method == null && @.value == null)))')
		and not jsonb_path_exists(document, '$.**.suggestion_position ? (@.type() == "object" && !(@.method == "measured" || (@.method == null && @.value == null)))')
$$;

-- What keyword and competitor research has found, kept for good: the last one of a topic is its latest.
create table research_reports (
	id uuid primary key,
	kind text not null check (kind in ('keyword', 'competitor')),
	topic_id uuid references topics (id) on delete cascade,
	-- A job that runs twice leaves one report.
	job_id bigint not null unique,
	request jsonb not null,
	result jsonb not null check (honest_figures(result)),
	created_at timestamptz not null default now()
);
create index research_reports_created on research_reports (created_at desc, id desc);
create index research_reports_topic on research_reports (topic_id, kind, created_at desc, id desc);

alter table topics
	add constraint topics_keywords_check check (honest_figures(keywords)),
	add constraint topics_competitors_check check (honest_figures(competitors));

alter table topics drop constraint topics_keywords_check, drop constraint topics_competitors_check;
drop table research_reports;
drop function honest_figures(jsonb);

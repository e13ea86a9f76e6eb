drop table calls;
drop table claims;
drop table research_sources;
drop table snapshots;
drop table research_steps;
drop table research_runs;

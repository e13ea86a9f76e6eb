drop trigger emit_job_event on river_job;
drop function emit_job_event();
drop function job_state(river_job_state, jsonb);
drop table job_progress;
drop function emit_event(text, bigint, jsonb);
drop table events;

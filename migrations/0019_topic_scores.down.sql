drop table discoveries;
drop table discovery_schedules;
drop table topic_documents;
drop table topic_scores;
drop table scoring_profiles;

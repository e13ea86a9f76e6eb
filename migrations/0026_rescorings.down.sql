drop table rescored_topics;
drop table rescorings;

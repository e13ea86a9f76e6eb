drop table collections;

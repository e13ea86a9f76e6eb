-- Migration 5 makes the same functions; nothing is undone.
select 1;

alter table collections drop column body_hash;

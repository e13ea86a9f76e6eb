alter table claims drop column disputed;

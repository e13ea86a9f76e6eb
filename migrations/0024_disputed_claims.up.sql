-- Another source, about as new, has another figure.
alter table claims add column disputed boolean not null default false;

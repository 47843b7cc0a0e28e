-- Who holds a profile. Each claim raises `fence`; an append of an earlier holder finds another number than its own and is refused.
-- The other columns describe the last holder, for messages. In an SQLite database the lock file beside it protects a profile.
alter table profiles add column fence bigint not null default 0;
alter table profiles add column holder_machine text;
alter table profiles add column holder_program text;
alter table profiles add column holder_process bigint;
alter table profiles add column held_since bigint;

-- The end of each journal gets a table of its own: an append names `seq` and `hash` and moves them. `agents` is a view
-- like `messages` from now on, and can be deleted and rebuilt. Builds before 0.2.0 look for the end in `agents`, so they
-- cannot use this database any more.
create table journals (
    profile_id text not null references profiles,
    agent_id text not null,
    seq integer not null,
    hash blob not null,
    primary key (profile_id, agent_id)
) without rowid;
insert into journals (profile_id, agent_id, seq, hash) select profile_id, agent_id, seq, hash from agents;
alter table agents drop column seq;
alter table agents drop column hash;
update app set min_app_version = '0.2.0' where id = 1;

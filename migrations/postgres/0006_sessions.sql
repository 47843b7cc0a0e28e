-- The minds of agents, and their sessions in the workbench. `sessions` is a view: one row for each agent that works there, with
-- its current session.
alter table agents add column mind text not null default 'model';
alter table agents add column mind_reason text;

create table sessions (
    profile_id text not null,
    agent_id text not null,
    session_id text not null,
    title text not null,
    state text not null,
    why text,
    started_at bigint not null,
    ended_at bigint,
    outcome text,
    primary key (profile_id, agent_id)
);
create index sessions_by_id on sessions (profile_id, session_id);

-- How far the person has read each conversation: the last event that a window has shown them. No journal contains it, so this is
-- not a view.
create table reading_marks (
    profile_id text not null references profiles,
    agent_id text not null,
    seq integer not null,
    at integer not null,
    primary key (profile_id, agent_id)
) without rowid;

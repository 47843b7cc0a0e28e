-- What should run in Docker for a profile, the ports it uses on this computer, and its repositories on its Gitea. No journal
-- contains this, so these are not views.

-- `wanted` is up or down; `container_id` is the one that was seen last.
create table containers (
    profile_id text not null,
    part text not null,
    wanted text not null,
    image text not null,
    container_id text,
    changed_at bigint not null,
    primary key (profile_id, part)
);

-- One port per part, and one part per port.
create table ports (
    profile_id text not null,
    part text not null,
    port bigint not null,
    reserved_at bigint not null,
    primary key (profile_id, part),
    unique (profile_id, port)
);

-- `head` is the commit of the main branch that was seen last.
create table repos (
    profile_id text not null,
    name text not null,
    owner text not null,
    head text,
    synced_at bigint,
    primary key (profile_id, name)
);

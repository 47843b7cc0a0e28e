-- The first shape of a profile's data. Times are milliseconds since 1970 (UTC), money is USD micro-cents, `hash` is
-- SHA-256. The journal (`events`) is the truth; `agents` and `messages` are views written with it in one transaction.

-- One row: the oldest GrowQR that still understands this database. A migration that breaks older builds raises it.
create table app (
    id integer primary key check (id = 1),
    min_app_version text not null
);
insert into app (id, min_app_version) values (1, '0.1.0');

-- `position` is the last one given to an event; taking the next ones locks this row.
create table profiles (
    profile_id text primary key not null,
    position integer not null,
    created_at integer not null
) without rowid;

-- Who the identity provider says the person is, for opening without a network.
create table users (
    profile_id text not null references profiles,
    id text not null,
    email text,
    name text,
    picture_url text,
    last_verified_at integer not null,
    primary key (profile_id, id)
) without rowid;

-- `seq` and `hash` are the end of the agent's journal: an append names both.
create table agents (
    profile_id text not null references profiles,
    agent_id text not null,
    seq integer not null,
    hash blob not null,
    name text not null,
    parent_id text,
    depth integer not null,
    task text,
    status text not null,
    model text not null,
    turn integer not null,
    spent integer not null,
    unknown_cost integer not null,
    allowance integer,
    created_at integer not null,
    updated_at integer not null,
    primary key (profile_id, agent_id)
) without rowid;

-- No foreign key: each append writes the agent's row first, and a look-up for each event would buy nothing.
create table events (
    profile_id text not null,
    agent_id text not null,
    seq integer not null,
    position integer not null,
    at integer not null,
    kind text not null,
    schema_version integer not null,
    body blob not null,
    prev_hash blob not null,
    hash blob not null,
    primary key (profile_id, agent_id, seq),
    unique (profile_id, position)
);
-- One agent's events after a position, without passing over all that stand before.
create index events_of_agent on events (profile_id, agent_id, position);

create table segments (
    profile_id text not null,
    hash text not null,
    body blob not null,
    primary key (profile_id, hash)
);

create table snapshots (
    profile_id text not null,
    agent_id text not null,
    seq integer not null,
    hash blob not null,
    schema_version integer not null,
    body blob not null,
    primary key (profile_id, agent_id)
);

-- `position` is that of the event that sent it: the order of sending.
create table outbox (
    profile_id text not null,
    id text not null,
    position integer not null,
    sender text not null,
    receiver text not null,
    body blob not null,
    delivered integer not null default 0,
    primary key (profile_id, id)
);
create index outbox_waiting on outbox (profile_id, position) where delivered = 0;

-- `author` is null for the person. `folded` is the text in lower case: what a search looks through.
create table messages (
    profile_id text not null,
    agent_id text not null,
    seq integer not null,
    position integer not null,
    author text,
    text text not null,
    folded text not null,
    at integer not null,
    primary key (profile_id, agent_id, seq)
);
create index messages_by_position on messages (profile_id, position);

create table settings (
    profile_id text not null,
    name text not null,
    value text not null,
    updated_at integer not null,
    primary key (profile_id, name)
) without rowid;

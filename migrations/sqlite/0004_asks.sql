-- Asks, the rules that decide tool calls, and what was spent. `asks` and `spendings` are views; so are the rules that an
-- answer has added. Builds before 0.3.0 do not know the new events.
update app set min_app_version = '0.3.0' where id = 1;

-- The open reservations and the open asks of an agent.
alter table agents add column reserved integer not null default 0;
alter table agents add column asks integer not null default 0;

-- `body` is the ask and `answer` the answer, both as JSON. An ask is open as long as `settled_at` is null.
create table asks (
    profile_id text not null,
    ask_id text not null,
    agent_id text not null,
    seq integer not null,
    kind text not null,
    body text not null,
    raised_at integer not null,
    deadline integer,
    settled_at integer,
    settled_by text,
    answer text,
    rule text,
    primary key (profile_id, ask_id)
) without rowid;
create index asks_open on asks (profile_id, raised_at, ask_id) where settled_at is null;
create index asks_settled on asks (profile_id, settled_at desc, ask_id) where settled_at is not null;
create index asks_of_agent on asks (profile_id, agent_id);

-- The order of the lines is `position`, which only grows. `ask_id` and `agent_id` are the ask whose answer added the line and its
-- agent; both are null for a line of the person. The id of a line is its ask, or else its position. A line that was removed stays,
-- so that a rebuild of the views does not bring it back.
create table rules (
    position integer primary key autoincrement,
    profile_id text not null,
    ask_id text,
    agent_id text,
    line text not null,
    added_at integer not null,
    removed_at integer,
    unique (profile_id, ask_id)
);

-- One row per model call or charge that cost something, or may have. Tokens are those that the provider counted.
create table spendings (
    profile_id text not null,
    agent_id text not null,
    seq integer not null,
    at integer not null,
    purpose text not null,
    cost integer not null,
    unknown_cost integer not null,
    input_tokens integer not null,
    cached_tokens integer not null,
    output_tokens integer not null,
    primary key (profile_id, agent_id, seq)
) without rowid;
create index spendings_by_time on spendings (profile_id, at);

-- The spendings of events that earlier builds recorded. Only the program can read every event, so it writes these rows after the
-- migration, page by page: those of the events after `position`, up to `last_position`. A profile without a row has them all.
create table unfilled_spendings (
    profile_id text primary key not null,
    position integer not null,
    last_position integer not null
) without rowid;
insert into unfilled_spendings (profile_id, position, last_position)
    select profile_id, 0, position from profiles where position > 0;

-- Asks, the rules that decide tool calls, and what was spent. `asks` and `spendings` are views; so are the rules that an
-- answer has added. Builds before 0.3.0 do not know the new events.
update app set min_app_version = '0.3.0' where id = 1;

-- The open reservations and the open asks of an agent.
alter table agents add column reserved bigint not null default 0;
alter table agents add column asks bigint not null default 0;

-- `body` is the ask and `answer` the answer, both as JSON. An ask is open as long as `settled_at` is null.
create table asks (
    profile_id text not null,
    ask_id text not null,
    agent_id text not null,
    seq bigint not null,
    kind text not null,
    body text not null,
    raised_at bigint not null,
    deadline bigint,
    settled_at bigint,
    settled_by text,
    answer text,
    rule text,
    primary key (profile_id, ask_id)
);
create index asks_open on asks (profile_id, raised_at, ask_id) where settled_at is null;
create index asks_settled on asks (profile_id, settled_at desc, ask_id) where settled_at is not null;
create index asks_of_agent on asks (profile_id, agent_id);

-- The order of the lines is `position`, which only grows. `ask_id` and `agent_id` are the ask whose answer added the line and its
-- agent; both are null for a line of the person. The id of a line is its ask, or else its position. A line that was removed stays,
-- so that a rebuild of the views does not bring it back.
create table rules (
    position bigint generated always as identity primary key,
    profile_id text not null,
    ask_id text,
    agent_id text,
    line text not null,
    added_at bigint not null,
    removed_at bigint,
    unique (profile_id, ask_id)
);

-- One row per model call or charge that cost something, or may have. Tokens are those that the provider counted.
create table spendings (
    profile_id text not null,
    agent_id text not null,
    seq bigint not null,
    at bigint not null,
    purpose text not null,
    cost bigint not null,
    unknown_cost bigint not null,
    input_tokens bigint not null,
    cached_tokens bigint not null,
    output_tokens bigint not null,
    primary key (profile_id, agent_id, seq)
);
create index spendings_by_time on spendings (profile_id, at);

-- The spendings of events that earlier builds recorded. Only the program can read every event, so it writes these rows after the
-- migration, page by page: those of the events after `position`, up to `last_position`. A profile without a row has them all.
create table unfilled_spendings (
    profile_id text primary key not null,
    position bigint not null,
    last_position bigint not null
);
insert into unfilled_spendings (profile_id, position, last_position)
    select profile_id, 0, position from profiles where position > 0;

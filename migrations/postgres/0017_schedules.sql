-- Work at a set time. No journal contains it, so these tables are no views. A schedule is due once (`once_at`), or at the times of a
-- cron pattern in a time zone. Every occurrence up to `settled_to` has a row in `occurrences`, or belongs to one that counts several.
-- `revision` grows with each change, and each change names the revision that it replaces. Removed schedules stay, for their history.
create table schedules (
    profile_id text not null references profiles,
    id text not null,
    name text not null,
    task text not null,
    words text not null,
    once_at bigint,
    cron text,
    zone text,
    on_missed text not null,
    budget bigint not null,
    state text not null,
    next_at bigint,
    settled_to bigint not null,
    by_agent text,
    created_at bigint not null,
    revision bigint not null,
    primary key (profile_id, id)
);

-- What became of the occurrences. The key makes each of them settled once. `posted_at`: the Grow Agent has recorded it.
create table occurrences (
    profile_id text not null references profiles,
    schedule_id text not null,
    due_at bigint not null,
    last_at bigint not null,
    count bigint not null,
    fate text not null,
    by_hand boolean not null,
    claimed_at bigint not null,
    posted_at bigint,
    primary key (profile_id, schedule_id, due_at)
);

create index occurrences_claimed on occurrences (profile_id, claimed_at, due_at);
create index occurrences_of_schedule on occurrences (profile_id, schedule_id, claimed_at, due_at);
create index occurrences_runs on occurrences (profile_id, schedule_id, claimed_at, due_at) where fate in ('run', 'ask');
create index occurrences_after on occurrences (profile_id, schedule_id, last_at);
create index occurrences_unposted on occurrences (profile_id) where posted_at is null and fate in ('run', 'ask');

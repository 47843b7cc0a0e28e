-- Work at a set time. No journal contains it, so these tables are no views. A schedule is due once (`once_at`), or at the times of a
-- cron pattern in a time zone. Every occurrence up to `settled_to` has a row in `occurrences`, or belongs to one that counts several.
-- `revision` grows with each change, and each change names the revision that it replaces. Removed schedules stay, for their history.
create table schedules (
    profile_id text not null references profiles,
    id text not null,
    name text not null,
    task text not null,
    words text not null,
    once_at integer,
    cron text,
    zone text,
    on_missed text not null,
    budget integer not null,
    state text not null,
    next_at integer,
    settled_to integer not null,
    by_agent text,
    created_at integer not null,
    revision integer not null,
    primary key (profile_id, id)
) without rowid;

-- What became of the occurrences. The key makes each of them settled once. `posted_at`: the Grow Agent has recorded it.
create table occurrences (
    profile_id text not null references profiles,
    schedule_id text not null,
    due_at integer not null,
    last_at integer not null,
    count integer not null,
    fate text not null,
    by_hand integer not null,
    claimed_at integer not null,
    posted_at integer,
    primary key (profile_id, schedule_id, due_at)
) without rowid;

create index occurrences_claimed on occurrences (profile_id, claimed_at, due_at);
create index occurrences_of_schedule on occurrences (profile_id, schedule_id, claimed_at, due_at);
create index occurrences_runs on occurrences (profile_id, schedule_id, claimed_at, due_at) where fate in ('run', 'ask');
create index occurrences_after on occurrences (profile_id, schedule_id, last_at);
create index occurrences_unposted on occurrences (profile_id) where posted_at is null and fate in ('run', 'ask');

-- Quests: the steps of a plan in memory, done by sub-agents for one budget. No journal contains them, so these tables are no views.
-- `plan` is the page as it was at the start, `steps` what was read in it (JSON), `skipped` the numbers of steps that are left out (JSON).
-- `revision` grows with each change, and each change names the revision that it replaces.
create table quests (
    profile_id text not null references profiles,
    id text not null,
    path text not null,
    name text not null,
    plan text not null,
    steps text not null,
    budget bigint not null,
    state text not null,
    skipped text not null,
    by_agent text,
    created_at bigint not null,
    changed_at bigint not null,
    revision bigint not null,
    primary key (profile_id, id)
);

-- There is one open quest of a page.
create unique index quests_of_page on quests (profile_id, path) where state in ('active', 'paused');

-- The attempts to do the steps. The key makes each of them claimed once. `posted_at`: the Grow Agent has recorded it. `done_at`, with the
-- beginning of the report and the sources of untrusted text in it (JSON): its work was done. `closed_at`: nothing more is to be done; without
-- `done_at` it has ended without success, and what its agent does later does not count.
create table quest_attempts (
    profile_id text not null references profiles,
    quest_id text not null,
    step bigint not null,
    attempt bigint not null,
    allowance bigint not null,
    claimed_at bigint not null,
    posted_at bigint,
    done_at bigint,
    report text,
    sources text,
    closed_at bigint,
    primary key (profile_id, quest_id, step, attempt)
);

create index quest_attempts_claimed on quest_attempts (profile_id, claimed_at);
create index quest_attempts_open on quest_attempts (profile_id, quest_id) where closed_at is null;

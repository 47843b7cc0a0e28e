-- Which memory repository the conversation of a profile uses, and in which folder. The repository has the other side of this
-- link. No journal contains it, so this is not a view. `notice` is what the person has not confirmed yet.
create table memory_links (
    profile_id text primary key not null references profiles,
    conversation text not null,
    memory text not null,
    folder text not null,
    notice text,
    changed_at integer not null
) without rowid;

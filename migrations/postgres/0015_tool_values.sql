-- Entries of keychains that may have values of servers of tools. An entry is noted before it is written and forgotten after it was
-- removed, so that one that no server names any more is found after a kill. Each computer and data folder has a keychain of its own.
create table tool_values (
    profile_id text not null references profiles,
    keychain text not null,
    entry text not null,
    noted_at bigint not null,
    primary key (profile_id, keychain, entry)
);

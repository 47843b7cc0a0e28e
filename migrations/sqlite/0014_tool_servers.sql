-- The servers of tools (MCP) that the person has added. No journal contains them, so this is not a view. `config` has no secrets:
-- they are in the keychain. `listing` are the tools that the server listed last, so that they are known before it runs.
create table tool_servers (
    profile_id text not null references profiles,
    name text not null,
    config text not null,
    listing text,
    is_on integer not null,
    changed_at integer not null,
    primary key (profile_id, name)
) without rowid;

-- Searches messages by an index of their trigrams, where the extension pg_trgm can be had. Without it a search reads the
-- messages one after the other.
--
-- `folded` is the text in lower case as this program folds it (all of Unicode, whatever the locale of the database); both
-- forms of the small sigma are one.
update messages set folded = replace(folded, 'ς', 'σ') where folded like '%ς%';

-- Creates the extension and the index unless they are there. Returns whether the index is there. Not every server has
-- the extension, and not every user may create it; it may also be in another schema.
create function growqr_index_messages() returns boolean language plpgsql as $$
declare
    place text;
begin
    begin
        create extension if not exists pg_trgm;
    exception when others then
        raise notice 'growqr: no pg_trgm: %', sqlerrm;
    end;
    select n.nspname into place from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm';
    if place is null then
        return false;
    end if;
    execute format('create index if not exists messages_trigrams on messages using gin (folded %I.gin_trgm_ops)', place);
    return true;
end;
$$;
select growqr_index_messages();

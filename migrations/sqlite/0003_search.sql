-- Searches messages by an index of their trigrams (FTS5), in place of a copy of each text in lower case.
--
-- The index orders its rows by a number alone, so a message gets one: `messages.id` is the number of its profile times
-- 2^40 plus its position. The messages of a profile are one range of ids, the newest last.
alter table profiles add column number integer not null default 0;
update profiles set number = (select count(*) from profiles as before where before.profile_id <= profiles.profile_id);
create unique index profiles_by_number on profiles (number);

-- `author` is null for the person.
create table new_messages (
    id integer primary key not null,
    profile_id text not null,
    agent_id text not null,
    seq integer not null,
    author text,
    text text not null,
    at integer not null,
    unique (profile_id, agent_id, seq)
);
insert into new_messages (id, profile_id, agent_id, seq, author, text, at)
    select number * 1099511627776 + messages.position, profile_id, agent_id, seq, author, text, at
    from messages join profiles using (profile_id);

-- What is indexed is the text in lower case as this program folds it (all of Unicode, and one sigma), followed by two
-- characters U+0001, so that each character begins a trigram. The index keeps no text and no places in it: it names the
-- messages that have all the trigrams, and the program looks whether they have the text.
create virtual table messages_index using fts5(
    folded, content = '', contentless_delete = 1, detail = 'none', tokenize = 'trigram case_sensitive 1'
);
insert into messages_index (rowid, folded)
    select number * 1099511627776 + messages.position, replace(folded, 'ς', 'σ') || char(1, 1)
    from messages join profiles using (profile_id) order by 1;
-- The trigrams themselves: a text of one or two characters is looked for in the trigrams that begin with it.
create virtual table messages_trigrams using fts5vocab(messages_index, 'row');

drop table messages;
alter table new_messages rename to messages;

-- The contents of the files that the person attaches to messages, by their SHA-256. A file is stored before its message is recorded;
-- `is_used` says that a message is known to have it, so that a file of no message can be deleted. `position` is the last event of the
-- profile when the file was first stored. No journal contains the contents, so this is not a view. `body` describes the file as JSON.
create table attachments (
    profile_id text not null references profiles,
    hash text not null,
    body text not null,
    content blob not null,
    stored_at integer not null,
    position integer not null,
    is_used integer not null,
    primary key (profile_id, hash)
);
create index attachments_unused on attachments (profile_id, stored_at) where not is_used;

-- The attached files of a message as JSON, without their contents; null if it has none.
alter table messages add column attachments text;

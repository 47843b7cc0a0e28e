-- For which containers a row about a repository counts: their label. A copy of a data folder has containers of its own, so the rows
-- that it got from the original say nothing about them. Earlier builds did not write it down.
alter table repos add column install text;

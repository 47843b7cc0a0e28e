-- Whether the tokens of a call are this program's estimate, because the provider did not count them. Builds that did not mark
-- estimates have written the earlier rows. From this migration on, agents.budget has for every agent what it has used of its
-- limits, besides money too.
alter table spendings add column is_estimate boolean not null default false;

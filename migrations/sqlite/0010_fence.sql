-- Only builds that compare the fence of `profiles` (migration 8) may append. Earlier builds do not read it, so one of them could
-- append to a profile that another process has claimed.
update app set min_app_version = '0.4.0' where id = 1;

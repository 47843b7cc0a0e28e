//! Tests of the memory repository, partly with the installed `git`.

#![allow(clippy::unwrap_used, reason = "test helpers may panic like the tests")]
mod adoption;
mod behind;
mod by_agents;
mod conflicts;
mod conversions;
mod crash;
mod far_away;
#[cfg(unix)]
mod git_runs;
mod hand_edits;
mod held_copies;
mod history;
mod ignored;
mod kept_commits;
mod left_lock;
mod names;
mod nested;
mod odd_text;
mod out_of_reach;
mod pages;
mod partial;
mod proposals;
mod refusals;
mod states;
mod sync;
mod sync_crash;
mod sync_refusals;
mod undo_all;
mod user_git_config;
mod vault;
mod world;

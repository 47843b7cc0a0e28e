//! The promises of the memory repository, also as the installed `git` sees it.

#![allow(clippy::unwrap_used, reason = "helpers of tests, too, may fail loudly")]
mod crash;
mod hand_edits;
mod history;
mod pages;
mod refusals;
mod user_git_config;
mod world;

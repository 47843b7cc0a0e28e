//! The promises of the memory repository, also as the installed `git` sees it.

#![allow(clippy::unwrap_used, reason = "helpers of tests, too, may fail loudly")]
mod crash;
mod hand;
mod held;
mod pages;
mod past;
mod refusals;
mod strangers;
mod world;

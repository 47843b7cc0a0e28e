//! The providers against the strict stub servers of growqr-testkit, over real sockets.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail a test as the tests themselves do")]

mod answers;
mod breaks;
mod cache;
mod errors;
mod forwarding;
mod guide;
mod limits;
mod models;
mod mutations;
mod openai;
mod quirks;
mod recordings;
mod retries;
mod searches;
mod through_litellm;
mod world;

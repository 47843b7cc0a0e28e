//! Tests with the real services: OpenCode as a child process, its model a strict stub server.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail a test as the tests themselves do")]

mod opencode;

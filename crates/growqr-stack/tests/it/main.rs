//! Tests of the stack.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod gitea_server;

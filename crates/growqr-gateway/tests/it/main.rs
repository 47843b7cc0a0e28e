//! The gateway between a client and the stub server of the Messages API, or another provider.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail a test as the tests themselves do")]

mod access;
mod budget;
mod opencode;
mod stopping;
mod streaming;
mod translation;
mod world;

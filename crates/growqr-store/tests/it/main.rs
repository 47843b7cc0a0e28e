//! Tests of the store. `contract` is written once against the ports of `growqr-core` and runs on both databases; the other tests
//! cover failures that only one of them can have.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod broken_files;
mod claims;
mod contract;
mod copies;
mod fixtures;
mod log_size;
mod stalled;
mod unreachable;
mod upgrading;

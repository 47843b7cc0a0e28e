//! Tests of the stack on a real Docker daemon that the tests start themselves.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod daemon;
mod desk;
mod inside;
mod interrupted;
mod provision;
mod pulling;
mod registry;
mod side_by_side;
mod trouble;

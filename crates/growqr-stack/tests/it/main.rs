//! Tests with the real services: a Docker daemon that the tests start themselves, and OpenCode as a child process, its model a
//! strict stub server.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[cfg(target_os = "linux")]
mod daemon;
#[cfg(target_os = "linux")]
mod desk;
mod gitea_server;
#[cfg(target_os = "linux")]
mod inside;
#[cfg(target_os = "linux")]
mod interrupted;
mod opencode;
#[cfg(target_os = "linux")]
mod provision;
#[cfg(target_os = "linux")]
mod pulling;
mod pulls;
#[cfg(target_os = "linux")]
mod registry;
#[cfg(target_os = "linux")]
mod side_by_side;
#[cfg(target_os = "linux")]
mod trouble;

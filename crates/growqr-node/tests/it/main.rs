//! Tests of a node on the real engine, with a real PostgreSQL.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail a test as the tests themselves do")]

#[cfg(feature = "engine")]
mod cluster;
#[cfg(feature = "engine")]
mod conformance;
mod http;
#[cfg(feature = "engine")]
mod node_process;
#[cfg(all(feature = "engine", unix))]
mod program;
#[cfg(feature = "engine")]
mod two_nodes;
mod watching;

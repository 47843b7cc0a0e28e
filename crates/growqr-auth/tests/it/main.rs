//! Tests of sign-in with the strict stub server of Clerk, over real sockets.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail a test as the tests themselves do")]

mod callbacks;
mod certified;
mod endpoints;
mod fuzz;
mod journey;
mod links;
mod loopback;
mod renewal;
mod sign_out;
mod tokens;
mod world;

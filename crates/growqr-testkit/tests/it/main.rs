//! Tests of the stub servers: they refuse what the services refuse. Requests are sent with a raw HTTP client.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail a test as the tests themselves do")]

mod cache;
mod clerk;
mod client;
mod conversation;
mod faults;
mod gitea;
mod models;
mod openai;
mod opencode;
mod requests;
mod rivet_engine;
mod signatures;
mod sources;

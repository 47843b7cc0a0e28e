//! The stand-ins refuse what the services refuse. Everything here is asked by a client written from plain sockets.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail a test as the tests themselves do")]

mod cache;
mod clerk;
mod client;
mod conversation;
mod faults;
mod models;
mod openai;
mod requests;
mod signatures;

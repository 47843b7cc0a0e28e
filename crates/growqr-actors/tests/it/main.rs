//! Tests of the local host with a real store, a real memory, and a fake model that the test controls.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod broken_connection;
mod golden;
mod hosting;
mod local;
mod rebuilding;
mod reviews;
mod world;

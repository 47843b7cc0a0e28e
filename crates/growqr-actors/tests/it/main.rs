//! The local host on a real store and a real memory, with a model that says what the test wants.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod golden;
mod hosting;
mod local;
mod rebuilding;
mod torn;
mod world;

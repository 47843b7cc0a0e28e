//! The behaviour on which a window may rely.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod events;
mod session;

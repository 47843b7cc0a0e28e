//! What a window may rely on.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod desk;
mod events;

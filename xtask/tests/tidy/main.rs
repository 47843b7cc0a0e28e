//! Rules of the project that are tests.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod arrows;
mod circles;
mod files;
mod migrations;
mod tracked;

//! Rules of the project that are tests.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod dependencies;
mod files;
mod migrations;
mod repository;

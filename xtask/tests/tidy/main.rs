//! Tests that check the rules of the project.

#![allow(clippy::unwrap_used, reason = "a panic shows where the test failed")]

mod architecture_page;
mod cycles;
mod dependencies;
mod files;
mod migrations;
mod repository;

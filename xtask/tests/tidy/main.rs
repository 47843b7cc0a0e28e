//! Rules of the project that are tests.

mod arrows;
mod files;
mod migrations;
mod tracked;

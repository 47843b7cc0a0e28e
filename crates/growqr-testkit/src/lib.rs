//! Strict stand-ins for the services that GrowQR talks to, and real parts to test with, for tests only.
//!
//! They speak over real loopback sockets, so that the real client, or the real program in a child process, talks to
//! them. They know nothing of the product's own types: what they accept and refuse comes from the services' documents
//! alone, which makes them an independent judge.

pub mod anthropic;
mod desktop_session;
pub mod clerk;
mod http;
pub mod postgres;
mod small_disk;

pub use desktop_session::{DesktopSession, outside};
pub use small_disk::SmallDisk;

/// Says on the real standard error what could not be tested and why. (The test harness swallows `eprintln!`.)
pub fn skipped(what: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

//! Strict stand-ins for the services that GrowQR talks to, and real parts to test with, for tests only.
//!
//! They speak over real loopback sockets, so that the real client, or the real program in a child process, talks to
//! them. They know nothing of the product's own types: what they accept and refuse comes from the services' documents
//! alone, which makes them an independent judge.

pub mod anthropic;
pub mod clerk;
mod dead_port;
mod desktop_session;
mod http;
pub mod openai;
mod player;
pub mod postgres;
mod record;
mod script;
mod small_disk;
#[cfg(target_os = "linux")]
pub mod window;

pub use dead_port::DeadPort;
pub use desktop_session::{DesktopSession, without_session};
pub use small_disk::SmallDisk;

/// Says on the real standard error what could not be tested and why. (The test harness swallows `eprintln!`.)
pub fn skipped(what: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

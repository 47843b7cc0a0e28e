//! Test tools: strict stub servers for the services that GrowQR calls, and real parts (PostgreSQL, a keyring, Docker,
//! OpenCode, an OpenID Connect server, LiteLLM, the Rivet engine, small disks, a window). For tests only.
//!
//! The stub servers listen on loopback sockets, so the real client, or the real program in a child process, can use them.
//! They do not depend on the product's types: what they accept comes only from the documentation of the services, so they
//! check the product independently.

pub mod anthropic;
pub mod clerk;
mod dead_port;
mod desktop_session;
mod docker;
pub mod files;
pub mod gitea;
mod http;
pub mod litellm;
mod log_counter;
pub mod mcp;
pub mod measure;
mod npm;
pub mod oidc;
pub mod openai;
pub mod opencode;
mod player;
pub mod postgres;
mod pypi;
mod record;
pub mod rivet_engine;
mod script;
mod server_thread;
mod small_disk;
mod stalling_proxy;
mod vault;
pub mod web;
#[cfg(target_os = "linux")]
pub mod window;

pub use dead_port::DeadPort;
pub use desktop_session::{DesktopSession, without_session};
pub use docker::DockerHost;
pub use log_counter::count_log_lines;
pub use small_disk::SmallDisk;
pub use stalling_proxy::StallingProxy;
pub use vault::{RARE_WORD, write_vault};

/// Reports on standard error what was not tested and why.
pub fn skipped(what: &str) {
    note(&format!("SKIPPED: {what}"));
}

/// Writes a line to standard error. (The test harness captures `eprintln!`.)
pub fn note(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{line}");
}

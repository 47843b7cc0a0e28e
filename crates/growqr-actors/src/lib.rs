//! Who runs an agent.
//!
//! [`runner`] is one agent's life: it records what the turn machine decides, then acts. It knows ports only, so that
//! another engine can place and wake the same agents. [`host`] is the local placement: one task per awake agent,
//! bounded inboxes, sleep when idle, delivery of mail, and taking up open work on start. Nothing is decided here.

mod delivery;
#[cfg(feature = "hold-points")]
pub mod hold;
pub mod host;
mod journal;
mod perform;
pub mod ports;
mod rebuild;
mod runner;
mod tidying;

pub use host::{Host, HostError};
pub use journal::{Loaded, load, record};
pub use ports::{HostConfig, Ports, Setups};
pub use rebuild::{Rebuilt, rebuild};
pub use runner::{Happened, Recorded};

//! Who runs an agent.
//!
//! [`runner`] is one agent's loop: it records what the turn machine decides, then acts. It knows ports and the traits of
//! [`placement`] only, so that an engine can place and wake the same agents. [`local`] is the local placement: one task per
//! awake agent, bounded inboxes, sleep when idle. [`delivery`] brings mail from the outbox to its receivers. [`Host`] is what
//! the rest of the program speaks to, wherever agents run. Nothing is decided here.

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod delivery;
mod happened;
#[cfg(feature = "hold-points")]
pub mod hold;
mod host;
mod journal;
mod local;
mod memory_tools;
mod perform;
pub mod placement;
mod ports;
mod rebuild;
pub mod runner;
mod tidying;
mod toolbox;

pub use happened::{Happened, Recorded};
pub use host::Host;
pub use journal::{Loaded, load, record};
pub use local::LocalHost;
pub use memory_tools::MemoryTools;
pub use placement::{Placement, PostError, Posted};
pub use ports::{HostConfig, Ports, Setups};
pub use rebuild::{Rebuilt, rebuild};
pub use toolbox::Toolbox;

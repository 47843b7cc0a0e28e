//! The host of a profile's agents: the lock, the host in this process or in another, and how clients reach it.

pub(crate) mod adoption;
pub(crate) mod client;
pub(crate) mod connection;
pub(crate) mod handler;
mod held_branches;
pub(crate) mod host_connection;
pub(crate) mod host_events;
mod lanes;
pub(crate) mod lock;
pub(crate) mod no_host;
pub(crate) mod open_profile;
pub(crate) mod running_host;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod socket;
#[cfg(feature = "stop-points")]
pub(crate) mod stop_points;
pub(crate) mod streaming_answers;
pub(crate) mod subscription;

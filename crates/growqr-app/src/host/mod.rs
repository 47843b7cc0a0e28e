//! The host of a profile's agents: the lock, the host in this process or in another, and how clients reach it.

pub(crate) mod attached;
pub(crate) mod client;
pub(crate) mod connection;
pub(crate) mod desk;
pub(crate) mod following;
pub(crate) mod handler;
pub(crate) mod hosting;
pub(crate) mod lock;
pub(crate) mod open;
pub(crate) mod pushes;
pub(crate) mod server;
pub(crate) mod socket;
#[cfg(feature = "stop-points")]
pub(crate) mod stop_points;
pub(crate) mod under_way;
pub(crate) mod without;

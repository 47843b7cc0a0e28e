//! The host of a profile's agents: the lock, the host in this process or in another, and how clients reach it.

pub(crate) mod attached;
pub(crate) mod client;
pub(crate) mod connection;
pub(crate) mod desk;
pub(crate) mod following;
pub(crate) mod handler;
#[cfg(feature = "hold-points")]
pub(crate) mod hold;
pub(crate) mod hosting;
pub(crate) mod lock;
pub(crate) mod open;
pub(crate) mod pushes;
pub(crate) mod server;
pub(crate) mod socket;
pub(crate) mod under_way;
pub(crate) mod without;

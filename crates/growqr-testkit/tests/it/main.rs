//! The stand-in refuses what the service refuses. Everything here is asked by a client written from plain sockets.

mod cache;
mod client;
mod conversation;
mod faults;
mod head;
mod models;
mod signatures;

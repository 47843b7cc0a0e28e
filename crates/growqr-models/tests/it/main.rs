//! The providers against the strict stand-in, over real sockets.

mod answers;
mod breaks;
mod cache;
mod errors;
mod guide;
mod limits;
mod models;
mod retries;
mod world;

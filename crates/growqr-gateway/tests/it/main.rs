//! The gateway between a client and the stub server of the Messages API, or another provider.

mod access;
mod budget;
mod opencode;
mod stopping;
mod streaming;
mod translation;
mod world;

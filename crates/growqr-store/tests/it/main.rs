//! The store's promises. `contract` is written once against core's ports and runs on both databases; the rest is what
//! only one of them can do wrong.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod broken_files;
mod contract;
mod given;
mod unreachable;
mod upgrading;

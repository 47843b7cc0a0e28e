//! The behaviour on which a window may rely.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod budget;
mod events;
mod inbox;
mod session;
mod two_hosts;
mod unread;

//! Journeys of a person in the real window: the built-in pages, the strict content policy, a screen nobody sees, and a
//! computer of its own for each. On Linux only: they drive WebKitGTK.
#![cfg(target_os = "linux")]

mod account;
mod attached;
mod computer;
mod first_run;
mod helpers;
mod killed;
mod links;
mod memory;
mod names;
mod policy;
mod reload;
mod sign_in;

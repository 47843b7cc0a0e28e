//! Use cases, one file per noun: what the window and the command line can do, they do through these functions.
//!
//! This is the only crate that knows all the others. It joins the adapters, keeps one host per profile, and converts
//! domain types and errors to `growqr-wire`, once, here.

mod agents;
mod client;
mod clock;
mod convert;
mod doctor;
mod error;
mod home;
mod hosting;
mod keys;
mod library;
mod lock;
mod memory;
mod open;
mod persona;
mod settings;
mod setups;
mod socket;

pub use client::Client;
pub use clock::SystemClock;
pub use doctor::doctor;
pub use error::AppError;
pub use home::{Environment, Home};
pub use hosting::{Hosting, Pushes};
pub use library::Library;
pub use open::App;
pub use settings::KNOWN as KNOWN_SETTINGS;

/// The largest message that is taken, in bytes.
pub const MESSAGE_LIMIT: usize = 1 << 20;

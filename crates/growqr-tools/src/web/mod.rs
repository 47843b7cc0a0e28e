//! Fetches pages of the web for agents, as text.
//!
//! A page is untrusted: its text is data for the model, and its address may have been chosen by text that is. So the address is
//! checked before each connection, the connection goes to exactly the checked addresses, and time, bytes and nesting are limited.
//! What it is not: it runs no scripts, has no cookies, signs in nowhere, uses no proxy, and decides no call (rules do).

pub(crate) mod address;
mod body;
mod charset;
mod clean;
mod error;
mod executor;
mod fetch;
mod host_turns;
mod html;
mod media_type;
pub(crate) mod network;
mod page;
mod page_cache;
pub(crate) mod page_url;
mod robots;
mod table;

pub use executor::{WebTools, web_tools};
pub use fetch::WebLimits;
pub use network::{Network, SystemNetwork};

//! The desktop window: commands for the page, the tray icon, incoming links, closing and quitting.
//!
//! Each command is one line that calls `growqr-app`; no logic about agents is here. Everything is behind the feature
//! `desktop`, so that the rest of the workspace can be built and tested without GTK and WebKit.

#[cfg(feature = "desktop")]
mod messages;
#[cfg(feature = "desktop")]
mod shell;

#[cfg(feature = "desktop")]
pub use messages::OwnStderr;
#[cfg(feature = "desktop")]
pub use shell::run;

//! The window: one-line commands over `growqr-app`, a tray icon, and what happens when it is closed.
//!
//! Nothing here decides anything about agents. Everything is behind the feature `desktop`, so that building and testing
//! the rest needs no GTK or WebKit.

#[cfg(feature = "desktop")]
mod shell;

#[cfg(feature = "desktop")]
pub use shell::run;

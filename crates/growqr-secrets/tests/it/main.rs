//! The keychain against a real one: GNOME Keyring on a bus and in a home of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod keyring;

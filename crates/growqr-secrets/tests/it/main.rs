//! Tests of the keychain with a real GNOME Keyring, on a D-Bus session and in a home folder of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a panic shows where a test failed")]

mod keyring;

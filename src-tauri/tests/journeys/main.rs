//! End-to-end tests ("journeys") in the real window: with the built-in pages, the strict content security policy, a
//! virtual screen, and a separate home folder per test. Linux only, as they drive WebKitGTK.
#![cfg(target_os = "linux")]

mod account;
mod again;
mod asks;
mod attached;
mod computer;
mod dragging;
mod files;
mod first_run;
mod held;
mod killed;
mod links;
mod memory;
mod names;
mod policy;
mod portal;
mod quick;
mod reload;
mod settings;
mod sign_in;
mod stack;
mod sub_agents;
mod tray_menu;

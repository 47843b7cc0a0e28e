//! The client and the session driver against the real OpenCode.

mod asks;
mod crash;
mod files;
mod pages;
mod parallel;
mod ready;
mod stop;
mod workbench;
